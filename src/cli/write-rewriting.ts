/** What a route makes of requests and answers, as the config says it. */
import { SECURITY } from '../core/rewriting-spec.ts';
import type { AnswerEditsSpec, CookieRulesSpec, HeaderEditsSpec, RewritingSpec } from '../core/rewriting-spec.ts';
import { onOff } from './written-units.ts';
import { withoutGaps } from './written-map.ts';
import type { Written } from './written-map.ts';

export function writeRewriting(rewriting: RewritingSpec | undefined, answers: AnswerEditsSpec | undefined): Written {
  return withoutGaps({ ...writeRequests(rewriting), response: writeAnswerEdits(answers) });
}

function writeRequests(rewriting: RewritingSpec | undefined): Written {
  if (rewriting === undefined) return {};
  const { path, setQuery, removeQuery, headers } = rewriting;
  return withoutGaps({
    path: path === '' ? undefined : path,
    setQuery: mapOf(setQuery),
    removeQuery: listOf(removeQuery),
    request: writeHeaderEdits(headers),
  });
}

/** Undefined where it changes nothing. */
function writeAnswerEdits(edits: AnswerEditsSpec | undefined): Written | undefined {
  if (edits === undefined) return undefined;
  const { location, cookies, security } = edits;
  return withoutGaps({
    ...writeHeaderEdits(edits),
    location: location === true ? 'auto' : undefined,
    cookies: cookies === undefined ? undefined : writeCookies(cookies),
    security: security === undefined ? undefined : { ...ALL_OFF, ...mapOf(security) },
  });
}

const ALL_OFF = Object.fromEntries(Object.keys(SECURITY).map((name) => [name, 'off']));

function writeCookies({ domain, path, sameSite, secure, httpOnly, only }: CookieRulesSpec): Written {
  return withoutGaps({
    domain: mapOf(domain),
    path: mapOf(path),
    sameSite: sameSite?.toLowerCase(),
    secure: secure === null ? undefined : onOff(secure),
    httpOnly: httpOnly === null ? undefined : onOff(httpOnly),
    only,
  });
}

/** Undefined where it changes nothing. */
function writeHeaderEdits(edits: HeaderEditsSpec | undefined): Written | undefined {
  if (edits === undefined) return undefined;
  const { remove, rename, replace, set, add } = edits;
  const written = withoutGaps({
    remove: listOf(remove),
    rename: mapOf(rename),
    replace: mapOf(replace.map(([name, pattern, by]) => [name, [pattern, by]] as const)),
    default: mapOf(edits.default),
    set: mapOf(set),
    add: mapOf(add),
  });
  return Object.keys(written).length === 0 ? undefined : written;
}

function listOf(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}

function mapOf(pairs: readonly (readonly [name: string, value: unknown])[]): Written | undefined {
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

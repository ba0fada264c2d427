/** A draft as the text of a config: YAML, with comments that say where each part comes from. */
import { Document, YAMLMap, YAMLSeq, isCollection, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Node, Pair, Scalar } from 'yaml';
import { NOTE_KINDS } from './report.ts';
import type { Note, NoteKind } from './report.ts';
import { toConfigInput } from './draft.ts';
import type { Draft } from './draft.ts';
import type { Statement } from './statement.ts';

const LINE_WIDTH = 110;
/** In characters of JSON, which are as many as those of YAML. */
const LONGEST_MAP = 110;
const CLOSED = ' Nobody listens there: what was guarded is answered with 502, until you decide what becomes of it.';
/** This many endpoints are written on one line. */
const MOST_ON_A_LINE = 3;

export const NOTE_TITLES: Readonly<Record<NoteKind, string>> = {
  guard: 'GUARDS THAT ARE MISSING HERE. Put them elsewhere before this takes traffic:',
  left: 'Not taken over:',
  differs: 'Taken over, but not quite the same:',
  same: 'Fairlead does so anyway:',
};

/** `head` are lines of comment for the top; its first line is the first of the file. */
export function writeDraft(draft: Draft, notes: readonly Note[], head: readonly string[]): string {
  const document = new Document(escapeVariables(toConfigInput(draft)));
  const root = document.contents as unknown as YAMLMap;
  for (const { key, value } of root.items as Pair<Scalar, Node>[]) {
    key.spaceBefore = true;
    if (key.value === 'routes' || key.value === 'pools') continue;
    if (!isMap(value)) continue;
    if (key.value !== 'listeners') layOutMap(value);
    else for (const item of value.items) if (isMap(item.value)) layOutMap(item.value);
  }
  layOutRoutes(root.get('routes'), draft);
  layOutPools(root.get('pools'), draft);
  const body = document.toString({ lineWidth: LINE_WIDTH, flowCollectionPadding: true, singleQuote: true });
  const lines = [...head, ...commentNotes(notes)].map((line) => (line === '' ? '#' : `# ${line}`));
  return `${lines.join('\n')}\n\n${body.trimStart()}`;
}

/** `nginx.conf:12: gzip on: not built yet: compression`. */
export function formatNote({ file, line, directive, reason }: Note): string {
  return `${file}:${line}: ${directive}: ${reason}`;
}

/** A list for each kind, empty lines between them. */
export function formatNotes(notes: readonly Note[]): readonly string[] {
  return NOTE_KINDS.flatMap((kind) => {
    const ofKind = notes.filter((note) => note.kind === kind);
    if (ofKind.length === 0) return [];
    return ['', NOTE_TITLES[kind], ...ofKind.map((note) => `  ${formatNote(note)}`)];
  });
}

function commentNotes(notes: readonly Note[]): readonly string[] {
  return formatNotes(notes);
}

function layOutRoutes(routes: unknown, draft: Draft): void {
  if (!isSeq(routes)) return;
  for (const [index, node] of routes.items.entries()) {
    if (!isMap(node)) continue;
    layOutMap(node);
    node.commentBefore = ` ${placeOf(draft.routes[index].from)}`;
  }
}

function layOutPools(pools: unknown, draft: Draft): void {
  if (!(pools instanceof YAMLMap)) return;
  for (const { key, value } of pools.items as Pair<Scalar, Node>[]) {
    const pool = draft.pools.get(String(key.value));
    if (pool === undefined || !isMap(value)) continue;
    key.commentBefore = key.value === draft.closed ? CLOSED : ` ${placeOf(pool.from)}`;
    for (const setting of value.items as Pair<Scalar, Node>[]) {
      if (setting.key.value === 'endpoints' && setting.value instanceof YAMLSeq) layOutEndpoints(setting.value);
      else if (isCollection(setting.value)) layOutMap(setting.value);
    }
  }
}

/** On one line if there is room for it, else each of its parts is. */
function layOutMap(node: YAMLMap | YAMLSeq): void {
  const isShort = JSON.stringify(node.toJSON()).length <= LONGEST_MAP;
  node.flow = isShort;
  if (isShort) return;
  for (const item of node.items) {
    const inner = isPair(item) ? item.value : item;
    if (isMap(inner) || isSeq(inner)) layOutMap(inner);
  }
}

/** A short list stands on one line; a longer one, or one that says more than addresses, on a line each. */
function layOutEndpoints(endpoints: YAMLSeq): void {
  const isShort = endpoints.items.length <= MOST_ON_A_LINE && endpoints.items.every(isScalar);
  endpoints.flow = isShort;
  if (isShort) return;
  for (const item of endpoints.items) if (isCollection(item)) item.flow = true;
}

function placeOf({ file, line }: Statement): string {
  return `${file}:${line}`.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

/** `${` in a value would be read as a variable of the environment. */
function escapeVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(escapeVariables);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escapeVariables(inner)]));
}

/** `cookie NAME insert …` as sticky clients. */
import type { Sourced } from '../draft.ts';
import { lacking } from '../features.ts';
import { toDuration } from '../milliseconds.ts';
import type { Report } from '../report.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';
import { parseTime } from './values.ts';

/** Always so here. */
const ALWAYS = /^(?:insert|indirect|nocache|httponly|dynamic)$/;
const SAME_SITE = /^SameSite=(Lax|Strict|None)$/i;

/** Null where clients are not bound, which is listed where they were. */
export function readSticky(proxy: Proxy, report: Report): Sourced<object> | null {
  const from = proxy.find('cookie');
  if (from === null) return null;
  const [cookie = '', ...words] = from.args;
  // A cookie of the servers' own.
  if (!words.includes('insert')) {
    report.leave(from, lacking('sticky', 'clients are bound to no server'));
    return null;
  }
  report.differ(from, 'clients that come with the cookie of HAProxy get one of Fairlead');
  return { value: { cookie, ...readAttributes(words, from, report) }, from };
}

function readAttributes(words: readonly string[], from: Line, report: Report): object {
  const attributes = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (ALWAYS.test(word)) continue;
    if (word === 'secure') {
      Object.assign(attributes, { secure: 'on' });
      continue;
    }
    const value = /^(?:domain|maxidle|maxlife|attr)$/.test(word) ? (words[++at] ?? '') : '';
    const read = attributeOf(word, value, attributes);
    if (read === null) report.leave(from, 'a sticky cookie has no such attribute here', `${word} ${value}`.trimEnd());
    else Object.assign(attributes, read);
  }
  return attributes;
}

/** What it is here, null where it is nothing. */
function attributeOf(word: string, value: string, before: object): object | null {
  if (word === 'domain' && !('domain' in before)) return { domain: value.replace(/^\./, '') };
  if (word === 'maxidle') {
    const seconds = Math.round((parseMaxIdle(value) ?? 0) / 1000);
    return seconds === 0 ? null : { ttl: toDuration(seconds * 1000) };
  }
  const [, sameSite] = (word === 'attr' ? SAME_SITE.exec(value) : null) ?? [];
  return sameSite === undefined ? null : { sameSite: sameSite.toLowerCase() };
}

/** In seconds where no unit is written, unlike all other times. */
function parseMaxIdle(text: string): number | null {
  return parseTime(/^\d+$/.test(text) ? `${text}s` : text);
}

/** Recognises rewriting by a pattern that only removes a prefix of a path, or replaces it by another. */
import type { RouteInput } from '../config/config-input.ts';

export interface Replacement {
  readonly prefix: string;
  /** `''`: nothing. */
  readonly by: string;
}

/** `/docs/(.*)`, `/docs(/.*)?`, `/docs(/)?(.*)`, `/docs/?(.*)`. */
const PATTERN = /^\^?(\/[\w./-]*?)(?:\/\(\.\*\)|\(\/\.\*\)\??|\(\/\)\?\(\.\*\)|\(\/\|\$\)\(\.\*\)|\/\?\(\.\*\))\$?$/;
/** `/new/\1` or `/new/$1`. */
const TEMPLATE = /^(\/[\w./-]*?)?\/?[\\$][123]$/;

/** Null where it does something else. */
export function readReplacement(pattern: string, template: string): Replacement | null {
  const [prefix, by] = [PATTERN.exec(pattern)?.[1], TEMPLATE.exec(template)];
  return prefix === undefined || prefix === '/' || by === null ? null : { prefix, by: withoutSlash(by[1] ?? '') };
}

export function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}

export function toRewriting({ prefix, by }: Replacement): Pick<RouteInput, 'stripPrefix' | 'replacePrefix'> {
  return by === '' ? { stripPrefix: prefix } : { replacePrefix: { prefix, by } };
}

/** Whether a path may be under the prefix: `text` is the path, or what it starts with. */
export function mayMeet(text: string, isStart: boolean, prefix: string): boolean {
  const isUnder = text === prefix || text.startsWith(`${prefix}/`);
  return isUnder || (isStart && prefix.startsWith(withoutSlash(text)));
}

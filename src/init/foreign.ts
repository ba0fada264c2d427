/** Configs that `init` does not convert: it says which program they belong to, and what to read. */
import { findForeign } from '../config/foreign-files.ts';

/** The sentence that says so; null if a converter may read it. */
export function nameForeign(text: string, file: string): string | null {
  const found = findForeign(text, file);
  if (found === null) return null;
  const advice = found.page === null ? 'it reads nginx.conf, haproxy.cfg and proxy.conf.json' : `docs/${found.page}`;
  return `this is ${found.what}, which init does not convert: ${advice}`;
}

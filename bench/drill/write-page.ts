/** The drill's tables in docs/staying-up.md and docs/queue.md, between comments that name them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const PAGE = fileURLToPath(new URL('../../docs/staying-up.md', import.meta.url));
export const QUEUE_PAGE = fileURLToPath(new URL('../../docs/queue.md', import.meta.url));

/** `parts`: text by its name. @throws Error for a name that the page does not have */
export async function writePage(parts: Readonly<Record<string, string>>, page = PAGE): Promise<void> {
  const text = Object.entries(parts).reduce(fillPart, readFileSync(page, 'utf8'));
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), filepath: page }));
}

/** The text of that name, between `<!-- drill: name -->` and `<!-- /drill -->`, is this from now on. */
export function fillPart(page: string, [name, part]: readonly [name: string, part: string]): string {
  const begin = `<!-- drill: ${name} -->`;
  const end = '<!-- /drill -->';
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${part}\n\n${page.slice(to)}`;
}

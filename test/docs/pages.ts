/** The pages of the documentation, and what tests read from them: fenced examples and tables. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** From the root of the repository, e.g. `docs/routing.md`. */
  readonly path: string;
  readonly lines: readonly string[];
}

/** Every page of docs/, and the README where there is one. */
export function readPages(): readonly Page[] {
  const names = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const paths = [...names.map((name) => `docs/${name}`), 'README.md'];
  return paths.filter((path) => existsSync(join(ROOT, path))).map(readPage);
}

export function readPage(path: string): Page {
  return { path, lines: readFileSync(join(ROOT, path), 'utf8').split('\n') };
}

export interface Example {
  /** `docs/routing.md:7`, the line of the opening fence. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
}

export function findExamples({ path, lines }: Page): readonly Example[] {
  const examples: Example[] = [];
  let open: { readonly start: number; readonly indent: number; readonly language: string } | null = null;
  for (const [index, line] of lines.entries()) {
    const fence = /^( *)```([\w-]*)/.exec(line);
    if (fence === null) continue;
    if (open === null) {
      open = { start: index, indent: fence[1].length, language: fence[2] };
      continue;
    }
    const { start, indent, language } = open;
    const text = lines.slice(start + 1, index).map((inner) => inner.slice(indent));
    examples.push({ place: `${path}:${start + 1}`, language, text: text.join('\n') });
    open = null;
  }
  return examples;
}

export interface TableRow {
  /** `docs/routing.md:31`. */
  readonly place: string;
  /** The nearest heading above, without its number signs. */
  readonly heading: string;
  /** Cells of the table's head. */
  readonly columns: readonly string[];
  readonly cells: readonly string[];
}

/** The rows of every table of a page, its head and the line under it left out. */
export function findTableRows({ path, lines }: Page): readonly TableRow[] {
  const rows: TableRow[] = [];
  let heading = '';
  let columns: readonly string[] | null = null;
  for (const [index, line] of lines.entries()) {
    const title = /^#+ (.*)$/.exec(line);
    if (title !== null) heading = title[1];
    if (!line.startsWith('|')) columns = null;
    else if (columns === null) columns = cellsOf(line);
    else if (!/^\|[\s:|-]+$/.test(line)) {
      rows.push({ place: `${path}:${index + 1}`, heading, columns, cells: cellsOf(line) });
    }
  }
  return rows;
}

function cellsOf(line: string): readonly string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** What stands in a text as code: `` `a`, `b` `` is a and b. */
export function codesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
}

export interface Link {
  readonly place: string;
  /** As written: `health.md#ejection`. */
  readonly target: string;
}

/** The links of a page to other files and headings, those to other sites left out. */
export function findLinks({ path, lines }: Page): readonly Link[] {
  return lines.flatMap((line, index) => {
    const targets = [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]);
    const place = `${path}:${index + 1}`;
    return targets.filter((target) => !/^[a-z]+:/.test(target)).map((target) => ({ place, target }));
  });
}

/** What a link may name after `#`: headings in GitHub's form, and ids written out. */
export function findHeadingIds({ lines }: Page): ReadonlySet<string> {
  const headings = lines.flatMap((line) => /^#+ (.*)$/.exec(line)?.[1] ?? []);
  const ids = headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  const written = lines.flatMap((line) => /<a id="([^"]+)">/.exec(line)?.[1] ?? []);
  return new Set([...ids, ...written]);
}

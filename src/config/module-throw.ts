/** Where the evaluation of a module failed, according to what V8 and Node write into the stack. */
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PlacedMistake } from './document.ts';
import { Mistake } from './errors.ts';

/** What runs modules, and what they call of ours. */
const OUR_FOLDER = fileURLToPath(new URL('..', import.meta.url));

interface Spot {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

interface Thrown {
  readonly message: string;
  readonly stack: string;
}

/** `file` as the caller named it, with its text. */
export async function locateThrow(thrown: Thrown, file: string, text: string): Promise<PlacedMistake> {
  const mistake = describeThrow(thrown);
  const own = resolve(file);
  const importer = / imported from (?:file:\/\/)?(.+)$/m.exec(thrown.message)?.[1] ?? null;
  const spot = importer === null ? spotOf(thrown.stack, own) : { path: importer, line: 0, column: 1 };
  if (spot === null) return { line: 1, column: 1, length: 1, key: '', mistake };
  const isOwn = spot.path === own;
  const found = isOwn ? text : await readFile(spot.path, 'utf8').catch(() => '');
  const place = spot.line > 0 ? { ...spot, length: 1 } : importPlace(found, thrown.message);
  const { line, column, length } = place;
  if (isOwn) return { line, column, length, key: '', mistake };
  return { line, column, length, key: '', mistake, elsewhere: { file: nameOf(spot.path), text: found } };
}

/** A syntax error has its place in front of the stack, anything else in the first frame in code of the user. */
function spotOf(stack: string, own: string): Spot | null {
  const head = /^(?:file:\/\/)?(\/.+):(\d+)\n(?:(?! *\^).*\n){1,9}?( *)\^/.exec(stack);
  if (head !== null) return { path: decodeURI(head[1]), line: Number(head[2]), column: head[3].length + 1 };
  const spots = [...stack.matchAll(/(file:\/\/[^\s)]+?):(\d+):(\d+)\)?$/gm)]
    .map(([, url, line, column]): Spot => ({ path: fileURLToPath(url), line: Number(line), column: Number(column) }))
    .filter(({ path }) => !/[\\/]node_modules[\\/]/.test(path) && path !== fileURLToPath(import.meta.url));
  const isOurs = (path: string): boolean => path.startsWith(OUR_FOLDER);
  return spots.find(({ path }) => !isOurs(path)) ?? spots.find(({ path }) => path === own) ?? null;
}

/** The line that imports what does not exist. */
function importPlace(text: string, message: string): { line: number; column: number; length: number } {
  const wanted = /'([^']+)'/.exec(message)?.[1] ?? '';
  const name = wanted.split('/').at(-1) ?? '';
  const lines = text.split('\n');
  const index = lines.findIndex((line) => /\b(?:import|from|require)\b/.test(line) && line.includes(name));
  if (name === '' || index < 0) return { line: 1, column: 1, length: 1 };
  return { line: index + 1, column: lines[index].lastIndexOf(name) + 1, length: name.length };
}

function describeThrow({ message, stack }: Thrown): Mistake {
  const first = message.split('\n', 1)[0].replace(/[.\s]+$/, '');
  if (first.startsWith('Cannot find ')) {
    return new Mistake(
      `the module imports what is not there: ${first.replace(/ imported from .*$/, '')}`,
      'Mend the import, or install the package.',
    );
  }
  if (/^(?:.*\n){0,6}?SyntaxError\b/.test(stack)) {
    return new Mistake(
      `this is not valid TypeScript: ${first}`,
      'Mend it; types are taken out, and nothing else of TypeScript works.',
    );
  }
  if (stack.includes('ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING'))
    return new Mistake('Node takes no TypeScript from node_modules', 'Name the JavaScript that its package has.');
  return new Mistake(`the module threw: ${first === '' ? 'an error without words' : first}`, 'Mend the module.');
}

/** The message, as short as a person would write it. */
function nameOf(path: string): string {
  const near = relative('', path);
  return near.startsWith('..') ? path : near;
}

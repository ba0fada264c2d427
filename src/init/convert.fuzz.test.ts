/** Mutated configs of others: whatever comes in, the answer is a config that is right, or a place and a reason. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parseConfig } from '../config/load.ts';
import { convert } from './convert.ts';
import type { Conversion } from './convert.ts';
import { parseHaproxy } from './haproxy/parse-haproxy.ts';
import { parseJson } from './json/json-entry.ts';
import { parseNginx } from './nginx/parse-nginx.ts';
import type { Statement } from './statement.ts';
import { UnreadableInput } from './statement.ts';
import { writeDraft } from './write-draft.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/init/', import.meta.url));
const seed = Number(process.env['SEED'] ?? Date.now() & 0x7fffffff);
const RUNS = 250;

interface Input {
  readonly file: string;
  readonly text: string;
}

const INPUTS: readonly Input[] = readdirSync(FIXTURES).map((name) => {
  const folder = join(FIXTURES, name);
  const file = join(folder, readdirSync(folder).find((each) => each.startsWith('input.')) ?? '');
  return { file, text: readFileSync(file, 'utf8') };
});

/** Null where it is unreadable. A config that comes out is right. */
async function convertSafely(text: string, file: string): Promise<Conversion | null> {
  try {
    const conversion = await convert(text, file);
    const { draft, notes } = conversion;
    if (draft !== null) {
      const written = writeDraft(draft, notes, ['head']);
      const parsed = parseConfig(written, 'fairlead.yaml', { env: {} });
      assert.ok('config' in parsed, `${'errors' in parsed ? JSON.stringify(parsed.errors) : ''}\n${written}`);
    }
    for (const { line, reason, directive } of notes) assert.ok(line >= 0 && reason !== '' && !/[\n\r]/.test(directive));
    return conversion;
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    assert.ok(error.line > 0 && error.message !== '');
    return null;
  }
}

const anyInput = fc.constantFrom(...INPUTS);
/** Where it begins, how much of it goes, and what comes instead. */
const anyEdit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.constantFrom(0, 1, 2, 5, 40),
  by: fc.oneof(
    fc.constantFrom(
      '',
      ';',
      '{',
      '}',
      '"',
      "'",
      '\\',
      '\n',
      '#',
      '$',
      '${',
      '[',
      ']',
      ',',
      ':',
      '/',
      '*',
      '!',
      '\0',
      '\u2028',
    ),
    fc.constantFrom(
      'default_backend x',
      ' if ',
      ' or ',
      'server {',
      'listen 80;',
      '"port":',
      '0',
      '99999999999',
      'null',
      '-i',
    ),
    fc.string({ maxLength: 6 }),
  ),
});

function edit(text: string, edits: readonly { at: number; length: number; by: string }[]): string {
  let edited = text;
  for (const { at, length, by } of edits) {
    const start = Math.floor(at * edited.length);
    edited = edited.slice(0, start) + by + edited.slice(start + length);
  }
  return edited;
}

const anyPlace = fc.double({ min: 0, max: 0.999, noNaN: true });
const anyMove = fc.record({ from: anyPlace, to: anyPlace, isCopy: fc.boolean() });

function moveLines(text: string, moves: readonly { from: number; to: number; isCopy: boolean }[]): string {
  const lines = text.split('\n');
  for (const { from, to, isCopy } of moves) {
    const [at, target] = [Math.floor(from * lines.length), Math.floor(to * lines.length)];
    const line = lines[at] ?? '';
    // Of a brace that is gone little is left to see.
    if (/[{}[\]]\s*,?\s*$/.test(line) && !/[{[].*[}\]]/.test(line)) continue;
    if (isCopy) lines.splice(target, 0, line);
    else lines.splice(at, 1);
  }
  return lines.join('\n');
}

describe('converting mutated configs', () => {
  it('converting mutated configs gives a config without mistakes, or a place and a reason', async () => {
    let converted = 0;
    const property = fc.asyncProperty(
      anyInput,
      fc.array(anyEdit, { minLength: 1, maxLength: 4 }),
      async (input, edits) => {
        if ((await convertSafely(edit(input.text, edits), input.file)) !== null) converted++;
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS });
    assert.ok(converted > RUNS / 20, `${converted} of ${RUNS} converted`);
  });

  it('converting configs with lines removed or swapped gives a config without mistakes, or a place and a reason', async () => {
    let converted = 0;
    const property = fc.asyncProperty(
      anyInput,
      fc.array(anyMove, { minLength: 1, maxLength: 12 }),
      async (input, moves) => {
        const conversion = await convertSafely(moveLines(input.text, moves), input.file);
        if (conversion !== null && conversion.draft !== null) converted++;
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS });
    assert.ok(converted > RUNS / 20, `${converted} of ${RUNS} converted`);
  });
});

const MARK = 'zzz_unheard_of';

/** Whether a statement, or one that it stands in, is listed. */
function isListed({ notes }: Conversion, statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    const isIt = notes.some(({ line, directive }) => line === statement.line && directive === statement.text);
    const isWhole = statement.text.includes(MARK) || statement.children.length > 0;
    if (isIt && isWhole && holdsMark(statement)) return true;
    return isListed({ notes } as Conversion, statement.children);
  });
}

function holdsMark({ text, children }: Statement): boolean {
  return text.includes(MARK) || children.some(holdsMark);
}

function parse(text: string, format: Conversion['format']): readonly Statement[] {
  if (format === 'nginx') return parseNginx(text, 'x');
  return format === 'haproxy' ? parseHaproxy(text, 'x') : [parseJson(text, 'x')];
}

function withMark({ text, file }: Input, at: number): string {
  const lines = text.split('\n');
  // JSON has its keys behind a brace that ends a line; the others take a line anywhere.
  const isJson = file.endsWith('.json');
  const places = lines.flatMap((line, index) =>
    (isJson ? /\{\s*$/ : /[;{}]\s*$|^\S|^\s+\w/).test(line) ? [index + 1] : [],
  );
  const place = places[Math.floor(at * places.length)] ?? lines.length;
  return lines
    .toSpliced(place, 0, isJson ? `"${MARK}": { "x": true },` : file.endsWith('.conf') ? `${MARK} on;` : MARK)
    .join('\n');
}

describe('a statement that nobody knows', () => {
  it('an unknown statement is listed wherever it is, or is part of one that is listed', async () => {
    let seen = 0;
    const property = fc.asyncProperty(anyInput, anyPlace, async (input, at) => {
      const text = withMark(input, at);
      const conversion = await convertSafely(text, input.file);
      if (conversion === null) return;
      seen++;
      assert.ok(isListed(conversion, parse(text, conversion.format)), text);
    });
    await fc.assert(property, { seed, numRuns: RUNS });
    assert.ok(seen > RUNS / 5, `${seen} of ${RUNS} read`);
  });
});

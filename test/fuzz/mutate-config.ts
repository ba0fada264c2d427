/** Broken configs: the files of the fixtures with pieces of them cut out and put in. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Config } from '../../src/config/config.ts';
import { formatConfigErrors } from '../../src/config/errors.ts';
import { parseConfig } from '../../src/config/load.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/config/', import.meta.url));
const ENV = { HOST: 'localhost', PORT: '8081', ODD: '*a: [&b "' };

const SAMPLES = ['valid', 'invalid'].flatMap((folder) =>
  readdirSync(join(FIXTURES, folder))
    .filter((file) => !file.includes('.expected.') && !file.startsWith('deep-nesting'))
    .map((file) => readFileSync(join(FIXTURES, folder, file), 'utf8')),
);

const SIGNS = [':', '- ', '{', '}', '[', ']', '"', "'", '*', '&a ', '!x ', '#', '\n', '\t', '|', '>', '<<: ', '? '];
const MORE = [
  '---\n',
  '%',
  ',',
  '${',
  '}',
  '${HOST}',
  '${PORT:-1}',
  '$${',
  '${NONE}',
  '"${ODD}"',
  '${ODD}',
  '\r',
  '\r\n',
];
const VALUES = [
  'null',
  '-1',
  '1e999',
  '.nan',
  '0x10',
  'true',
  '~',
  'include: x\n',
  'defaults: {}\n',
  'timeouts: off\n',
];
const CHARACTERS = ['\0', '\ufffd', '\ufeff', '\u2028', '💥', '\ud800', '__proto__', 'constructor'];

const noise = fc.oneof(
  fc.constantFrom(...SIGNS, ...MORE),
  fc.constantFrom(...VALUES, ...CHARACTERS),
  fc.string({ maxLength: 6, unit: 'binary' }),
);
const share = fc.double({ min: 0, max: 1, noNaN: true });
/** Cuts and puts characters, or moves a line to another place, a piece of another file among them. */
const edit = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), at: share, drop: fc.nat(8), put: noise }),
  fc.record({ kind: fc.constant('line' as const), at: share, from: share, sample: fc.constantFrom(...SAMPLES) }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

export const mutatedConfig: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([sample, edits]) => edits.reduce(applyEdit, sample));

function applyEdit(text: string, change: Edit): string {
  if (change.kind === 'text') {
    const offset = Math.floor(change.at * text.length);
    return text.slice(0, offset) + change.put + text.slice(offset + change.drop);
  }
  const other = change.sample.split('\n');
  const lines = text.split('\n');
  lines.splice(Math.floor(change.at * lines.length), 1, other[Math.floor(change.from * (other.length - 1))]);
  return lines.join('\n');
}

/** Of what comes by it no route is asked. */
function takesNoRequests({ tcp, udp, tls }: Config['listeners'][number]): boolean {
  const opensNothing = tls?.passthrough !== undefined && tls.certificates.length + tls.acme.length === 0;
  return tcp !== undefined || udp !== undefined || opensNothing;
}

/** Fails unless the text gives a config, or mistakes that each have a line, a column, a cure and an excerpt. */
export function assertAnswered(text: string, fileName: string): 'config' | 'errors' {
  const parsed = parseConfig(text, fileName, { env: ENV });
  if ('config' in parsed) {
    const { pools, routes, listeners } = parsed.config;
    assert.ok(pools.length > 0 && listeners.length > 0);
    assert.ok(routes.length > 0 || listeners.every(takesNoRequests));
    return 'config';
  }
  assert.ok(parsed.errors.length > 0);
  const lines = text.split(/\r\n|\r|\n/).length;
  for (const { file, line, column, message, cure, excerpt } of parsed.errors) {
    assert.equal(file, fileName);
    assert.ok(line >= 1 && line <= lines && column >= 1, `${line}:${column} of ${lines} lines`);
    assert.match(message, /^\S(?:[\s\S]*[^.\s])?$/);
    assert.match(cure, /^[A-Z"][\s\S]*[.?]$/);
    if (excerpt !== null) assert.ok(excerpt.length >= 1 && excerpt.start <= excerpt.text.length);
  }
  assert.ok(formatConfigErrors(parsed.errors).length > 0);
  return 'errors';
}

/** The long run. Throws at the first text that is not answered. */
export function fuzzConfigs(runs: number, seed: number): { readonly configs: number; readonly refused: number } {
  const count = { config: 0, errors: 0 };
  fc.assert(
    fc.property(mutatedConfig, fc.constantFrom('a.yaml', 'a.json'), (text, fileName) => {
      count[assertAnswered(text, fileName)]++;
    }),
    { seed, numRuns: runs },
  );
  return { configs: count.config, refused: count.errors };
}

/**
 * Each folder of test/fixtures/init holds the config of another program: `input.*` gives exactly the config in
 * `fairlead.yaml` and exactly the list in `notes.txt`. FAIRLEAD_WRITE_FIXTURES=1 writes them anew.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../config/load.ts';
import { convertFile } from './convert.ts';
import { UnreadableInput } from './statement.ts';
import { formatNotes, writeDraft } from './write-draft.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/init/', import.meta.url));
const HEAD = ['Made by fairlead init --from.'];

interface Result {
  readonly config: string;
  readonly notes: string;
}

async function resultOf(file: string): Promise<Result> {
  try {
    const { draft, notes, format } = await convertFile(file);
    const list = [format, ...formatNotes(notes)].join('\n');
    if (draft === null) return { config: '', notes: `${list}\n\nNothing could be taken over.\n` };
    return { config: writeDraft(draft, notes, HEAD), notes: `${list}\n` };
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    return { config: '', notes: `${error.file}:${error.line}: ${error.message}\n` };
  }
}

function compare(path: string, actual: string): void {
  if (process.env['FAIRLEAD_WRITE_FIXTURES'] === '1') writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, 'utf8'));
}

describe('init --from', () => {
  for (const name of readdirSync(FIXTURES)) {
    it(`init --from ${name} gives exactly what is expected`, async () => {
      const folder = join(FIXTURES, name);
      const input = readdirSync(folder).find((file) => file.startsWith('input.'));
      assert.ok(input !== undefined);
      const { config, notes } = await resultOf(join(folder, input));
      compare(join(folder, 'fairlead.yaml'), config.replaceAll(`${folder}/`, ''));
      compare(join(folder, 'notes.txt'), notes.replaceAll(`${folder}/`, ''));
      if (config !== '') assert.ok('config' in parseConfig(config, 'fairlead.yaml', { env: {} }));
    });
  }
});

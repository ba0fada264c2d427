import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { until } from '../../test/support/until.ts';
import type { LogRotation } from '../core/access-log.ts';
import { openSink } from './log-sink.ts';
import type { LogSink } from './log-sink.ts';

const NEVER: LogRotation = { bytes: 0, every: '', keep: 100, compress: false };

interface Opened {
  readonly sink: LogSink;
  readonly folder: string;
  readonly path: string;
  /** Files that were put aside, by name. */
  aside(): readonly string[];
}

async function open(t: TestContext, rotate: Partial<LogRotation>, before?: (path: string) => void): Promise<Opened> {
  const folder = tempFolder(t);
  const path = join(folder, 'access.log');
  before?.(path);
  const sink = await openSink(
    { kind: 'file', path, rotate: { ...NEVER, ...rotate } },
    { onTrouble: (error) => assert.fail(error), onDrop: (lines) => assert.fail(`${lines} lines dropped`) },
  );
  const aside = (): readonly string[] =>
    readdirSync(folder)
      .filter((name) => /^access-\d.*\.log$/.test(name))
      .sort();
  return { sink, folder, path, aside };
}

test('log files that were put aside have names that sort in the order in which they were written', async (t) => {
  const { sink, folder, aside } = await open(t, { bytes: 1 });
  const lines = Array.from({ length: 30 }, (_none, index) => `${index}\n`);
  for (const line of lines) sink.write(Buffer.from(line));
  await sink.end();
  assert.equal(
    aside()
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join(''),
    lines.join(''),
  );
  assert.match(aside()[0], /^access-\d{8}T\d{6}-\d{3}\.log$/);
});

test('only so many log files that were put aside stay, and files of others are left alone', async (t) => {
  const { sink, folder, aside } = await open(t, { bytes: 1, keep: 3 }, (path) => {
    writeFileSync(path.replace('access.log', 'access-notes.log'), 'mine');
    writeFileSync(path.replace('access.log', 'access-20200101T000000-000.log.gz.part'), 'left over');
  });
  for (let line = 0; line < 10; line++) sink.write(Buffer.from(`${line}\n`));
  await sink.end();
  assert.deepEqual(
    aside().map((name) => readFileSync(join(folder, name), 'utf8')),
    ['7\n', '8\n', '9\n'],
  );
  assert.ok(existsSync(join(folder, 'access-notes.log')));
  assert.ok(!existsSync(join(folder, 'access-20200101T000000-000.log.gz.part')));
});

test('a file of an hour that is over is put aside, and lines go on in a new one', async (t) => {
  const { sink, folder, path, aside } = await open(t, { every: '1h' }, (file) => {
    writeFileSync(file, 'old\n');
    utimesSync(file, 0, Date.now() / 1000 - 7200);
  });
  await until(() => aside().length === 1 && existsSync(path), 'it is put aside');
  sink.write(Buffer.from('new\n'));
  await sink.end();
  assert.equal(readFileSync(join(folder, aside()[0]), 'utf8'), 'old\n');
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
});

test('the first line after one that has no end begins on a line of its own', async (t) => {
  const { sink, path } = await open(t, {}, (file) => writeFileSync(file, 'whole\nha'));
  sink.write(Buffer.from('first\nsecond\n'));
  await sink.end();
  assert.equal(readFileSync(path, 'utf8'), 'whole\nha\nfirst\nsecond\n');
});

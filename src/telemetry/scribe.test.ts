import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { AccessLogSpec } from '../core/access-log.ts';
import { ThreadMemory, UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { BLOCK_BYTES, MEMORY_LOG_LINES, MemoryTable, createMemoryTable } from '../core/shared/memory-table.ts';
import { LineWriter, emptyLine } from './log-line.ts';
import { createLogRing } from './log-ring.ts';
import type { LogSink, SinkEvents } from './log-sink.ts';
import { Scribe } from './scribe.ts';
import { REFUSED, SCRIBE_WORDS, TAKEN, WRITTEN } from './scribe-messages.ts';

const SPEC: AccessLogSpec = {
  format: [{ field: 'method' }],
  to: { kind: 'file', path: '/log', rotate: null },
  mask: [],
  bufferBytes: 0,
  unrouted: null,
};

/** A disk that may be full: it can be opened, and then takes nothing. */
class Disk {
  text = '';
  isFull = false;
  opened = 0;

  open(events: SinkEvents): Promise<LogSink> {
    this.opened++;
    let isDead = false;
    return Promise.resolve({
      waiting: 0,
      write: (bytes) => {
        const text = bytes.toString();
        const lines = text.split('\n').length - 1;
        if (isDead) return events.onDrop(lines);
        if (!this.isFull) return void (this.text += text);
        isDead = true;
        events.onDrop(lines);
        events.onTrouble(new Error('ENOSPC'));
      },
      reopen: () => void this.opened++,
      end: () => Promise.resolve(),
    });
  }
}

async function start(spec = SPEC) {
  const disk = new Disk();
  const said: string[] = [];
  const counters = new Int32Array(SCRIBE_WORDS);
  const clock = { now: 0 };
  const scribe = new Scribe({
    counters,
    memory: UNBOUNDED_MEMORY,
    openSink: (_target, events) => disk.open(events),
    now: () => clock.now,
    tell: (message) => said.push(message),
  });
  const ring = createLogRing(1024);
  const writer = new LineWriter(ring);
  await scribe.write(spec, [ring]);
  const put = (method: string): boolean => writer.write({ ...emptyLine(), method });
  const lookAt = async (now: number): Promise<void> => {
    clock.now = now;
    scribe.look();
    await turn();
  };
  return { disk, said, counters, scribe, put, lookAt };
}

test('a full disk is reported once, tried once a second, and reported again when it takes lines again', async () => {
  const { disk, said, counters, put, lookAt } = await start();
  put('A');
  await lookAt(0);
  assert.equal(disk.text, 'A\n');
  disk.isFull = true;
  for (let now = 100; now <= 5000; now += 100) {
    put('B');
    await lookAt(now);
  }
  assert.deepEqual(
    said.filter((text) => !text.includes('dropped')),
    ['the access log cannot be written: ENOSPC'],
  );
  assert.ok(disk.opened >= 4 && disk.opened <= 7, String(disk.opened));
  disk.isFull = false;
  for (let now = 5100; now <= 7500; now += 100) {
    put('C');
    await lookAt(now);
  }
  assert.match(disk.text, /^A\n(?:C\n){10,}$/);
  assert.deepEqual(said.filter((text) => !text.includes('dropped')).slice(1), ['the access log is written again']);
  const lines = disk.text.split('\n').length - 1;
  assert.deepEqual([counters[TAKEN], counters[WRITTEN], counters[REFUSED]], [76, 76, 76 - lines]);
});

test('lines that a ring had no room for are reported at most every ten seconds, with their number', async () => {
  const { disk, said, put, lookAt } = await start({ ...SPEC, format: 'json' });
  let dropped = 0;
  const fill = (): void => {
    for (let index = 0; index < 30; index++) if (!put('GET')) dropped++;
  };
  fill();
  await lookAt(0);
  const first = dropped;
  assert.ok(first > 0);
  assert.deepEqual(said, [`${first} lines of the access log were dropped`]);
  assert.ok(disk.text.endsWith(`{"level":40,"time":0,"dropped":${first},"msg":"${said[0]}"}\n`), disk.text);
  fill();
  await lookAt(9999);
  assert.equal(said.length, 1);
  await lookAt(10_000);
  assert.equal(said[1], `${dropped - first} lines of the access log were dropped`);
});

test('what is in the rings is written as the config before says, and goes where it said', async () => {
  const { disk, scribe, put, lookAt } = await start();
  put('OLD');
  const ring = createLogRing(1024);
  await scribe.write({ ...SPEC, format: [{ text: 'new ' }, { field: 'method' }] }, [ring]);
  new LineWriter(ring).write({ ...emptyLine(), method: 'NEW' });
  await lookAt(0);
  assert.equal(disk.text, 'OLD\nnew NEW\n');
  assert.equal(disk.opened, 1);
});

test('lines that wait for a slow sink count against the memory of the process, and are dropped and counted at its bound', async () => {
  const table = new MemoryTable(createMemoryTable(1), 0);
  table.limitBytes = BLOCK_BYTES;
  const sink = { waiting: 0, text: '' };
  const counters = new Int32Array(SCRIBE_WORDS);
  const scribe = new Scribe({
    counters,
    memory: new ThreadMemory(table),
    openSink: () =>
      Promise.resolve({
        get waiting() {
          return sink.waiting;
        },
        write: (text) => {
          sink.text += text.toString();
          sink.waiting += text.length;
        },
        reopen() {},
        end: () => Promise.resolve(),
      }),
    now: () => 0,
    tell() {},
  });
  const ring = createLogRing(256 * 1024);
  const writer = new LineWriter(ring);
  await scribe.write(SPEC, [ring]);
  const put = (): void => {
    for (let line = 0; line < 80; line++) writer.write({ ...emptyLine(), method: 'M'.repeat(500) });
    scribe.look();
  };
  put();
  assert.equal(table.keptBytes, sink.waiting);
  put();
  assert.deepEqual([table.total(MEMORY_LOG_LINES), counters[REFUSED]], [80, 80]);
  sink.waiting = 0;
  put();
  assert.equal(table.total(MEMORY_LOG_LINES), 80);
  assert.equal(sink.text.split('\n').length - 1, 160);
  sink.waiting = 0;
  scribe.look();
  assert.equal(table.keptBytes, 0);
});

/** The entry of the scribe thread. */
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { ThreadMemory } from '../core/kept-memory.ts';
import { MemoryTable } from '../core/shared/memory-table.ts';
import { openSink } from './log-sink.ts';
import { LOOK_MS, Scribe } from './scribe.ts';
import type { FromScribe, ScribeStart, ToScribe } from './scribe-messages.ts';

const port = parentPort as MessagePort;
const { counters, memory } = workerData as ScribeStart;

const scribe = new Scribe({
  counters: new Int32Array(counters),
  memory: new ThreadMemory(new MemoryTable(memory, memory.rows - 1)),
  openSink,
  now: () => Date.now(),
  tell: (message) => say({ type: 'trouble', message }),
});
const timer = setInterval(() => scribe.look(), LOOK_MS);
/** One after another: a config is taken over before the log ends. */
let turn: Promise<void> = Promise.resolve();

port.on('message', (message: ToScribe) => {
  turn = turn.then(() => handle(message));
});

async function handle(message: ToScribe): Promise<void> {
  switch (message.type) {
    case 'write':
      try {
        await scribe.write(message.spec, message.rings);
        say({ type: 'opened' });
      } catch (error) {
        say({ type: 'not-opened', message: error instanceof Error ? error.message : String(error) });
      }
      break;
    case 'reopen':
      scribe.reopen();
      break;
    case 'end':
      clearInterval(timer);
      await scribe.end();
      say({ type: 'ended' });
      break;
  }
}

function say(message: FromScribe): void {
  port.postMessage(message);
}

/** Gives memory back to the system that V8 took for the start and that a serving process does not need. */
import { runInNewContext } from 'node:vm';
import { allowCollection } from '../runtime/control/allow-collection.ts';
import { collectStart } from '../runtime/shared/collect-start.ts';

/** By then the start has finished what it still had to do, and most of its memory is garbage. */
const REST_MS = 1000;

/** To be called when everything serves. */
export function giveBackStart(): void {
  setTimeout(() => {
    allowCollection();
    // This thread began without the flag.
    collectStart(runInNewContext('globalThis.gc') as typeof globalThis.gc);
  }, REST_MS).unref();
}

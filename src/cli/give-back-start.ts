/** Gives memory back to the system that V8 took for the start and that a serving process does not need. */
import { collectStart } from '../runtime/shared/collect-start.ts';

/** By then the start has finished what it still had to do, and most of its memory is garbage. */
const REST_MS = 1000;

/** To be called when everything serves. */
export function giveBackStart(): void {
  setTimeout(collectStart, REST_MS).unref();
}

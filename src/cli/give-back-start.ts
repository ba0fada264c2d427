/** What a process does once, until it serves, leaves in its memory what V8 took for it: that is given back a moment later. */
import { collectStart } from '../runtime/shared/collect-start.ts';

/** By then what the start still had to do is done, and most of it is garbage. */
const REST_MS = 1000;

/** To be called when everything serves. */
export function giveBackStart(): void {
  setTimeout(collectStart, REST_MS).unref();
}

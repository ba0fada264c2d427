/** Hosts as numbers, for what is remembered of them: no stranger can make two that are alike. */
import { HalfSipHash } from '../core/keys/half-sip-hash.ts';
import { systemRandom } from '../core/random.ts';

/** V8 seeds each thread's randomness from the system's. */
const word = (): number => Math.floor(systemRandom.next() * 2 ** 32);
const hash = new HalfSipHash({ low: word(), high: word() });

/** An Int32 that is never 0. */
export function hostKey(host: string): number {
  hash.begin();
  hash.text(host, 0, host.length);
  hash.end();
  return hash.first;
}

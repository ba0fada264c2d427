/** What the request ids of one data plane have in common, and those of no other. */
import { systemRandom } from '../../core/random.ts';

const WORDS = 2;

/**
 * 64 random bits in hexadecimal. They need not be secret: V8 seeds each thread from the system's randomness, and
 * `node:crypto` would take 1 MiB in each.
 */
export function createRequestIdPrefix(): string {
  const word = (): string =>
    Math.floor(systemRandom.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return Array.from({ length: WORDS }, word).join('');
}

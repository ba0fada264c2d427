import type { HashSeed } from '../../core/keys/half-sip-hash.ts';

/** A secret of this process: nobody can make keys that meet in one place of a table. */
export function createSeed(): HashSeed {
  const [low, high] = process.getBuiltinModule('node:crypto').getRandomValues(new Int32Array(2));
  return { low, high };
}

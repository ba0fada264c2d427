/** Code gets random numbers through this, so that tests can seed them. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

export const systemRandom: Random = { next: Math.random };

/** A seeded generator (xorshift32, Marsaglia 2003, "Xorshift RNGs"): for tests and simulations, not for secrets. */
export function createSeededRandom(seed: number): Random {
  let state = seed | 0 || 0x9e3779b9;
  return {
    next() {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 4294967296;
    },
  };
}

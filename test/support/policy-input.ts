/** What a policy is made with, as far as a test does not say it. */
import { buildHashTable } from '../../src/core/balancer/hash-table.ts';
import { Latencies } from '../../src/core/balancer/latencies.ts';
import type { PolicyInput } from '../../src/core/balancer/policy.ts';
import { createSeededRandom } from '../../src/core/random.ts';

type Given = Partial<PolicyInput> & Pick<PolicyInput, 'table' | 'slots' | 'weights'>;

/** Tables for `hashes` are built; identities are made of the slots. */
export function policyInput(given: Given, hashes: readonly ('ring' | 'maglev')[] = []): PolicyInput {
  const { slots, weights } = given;
  const ids = given.ids ?? Array.from(slots, (slot) => `10.0.0.${slot}:8080`);
  const hashTables = hashes.map((kind) => buildHashTable(kind, { ids, weights }));
  const latencies = new Latencies();
  latencies.keep(slots, new Int32Array(slots.length), 0);
  const none = { capacities: null, cursor: 0, now: () => 0 };
  return { random: createSeededRandom(1), workers: 1, ids, hashTables, latencies, ...none, ...given };
}

/**
 * Nanoseconds per pick of every balancing policy: `node bench/micro/policies.ts`. Of many short runs the fastest
 * counts, since on a shared machine everything else measures the neighbours.
 */
import { POLICIES } from '../../src/core/balancer/policies.ts';
import type { PickRequest, PolicyDefinition } from '../../src/core/balancer/policy.ts';
import { systemRandom } from '../../src/core/random.ts';
import { PoolTable, UNHEALTHY, createPoolTable } from '../../src/core/shared/pool-table.ts';

import { policyInput } from '../../test/support/policy-input.ts';

interface Case {
  readonly name: string;
  readonly endpoints: number;
  readonly weightOf: (index: number) => number;
  /** Every n-th endpoint is unhealthy; 0: none. */
  readonly outEvery: number;
}

const equal = (): number => 1;
const mixed = (index: number): number => 1 + (index % 7);

const CASES: readonly Case[] = [
  { name: '2', endpoints: 2, weightOf: equal, outEvery: 0 },
  { name: '10', endpoints: 10, weightOf: equal, outEvery: 0 },
  { name: '100', endpoints: 100, weightOf: equal, outEvery: 0 },
  { name: '100 weighted', endpoints: 100, weightOf: mixed, outEvery: 0 },
  { name: '100, a third out', endpoints: 100, weightOf: equal, outEvery: 3 },
  { name: '1000', endpoints: 1000, weightOf: equal, outEvery: 0 },
  { name: '1000 weighted', endpoints: 1000, weightOf: mixed, outEvery: 0 },
];
const RUNS = 200;
const ANYWHERE: PickRequest = { tried: null, key: 0 };
const NS_PER_RUN = 100_000;

function nsPerPick(definition: PolicyDefinition, { endpoints, weightOf, outEvery }: Case): number {
  const table = new PoolTable(createPoolTable(endpoints, 1), 0);
  const slots = Int32Array.from({ length: endpoints }, (_, index) => index);
  const weights = Float64Array.from(slots, (slot) => weightOf(slot));
  for (const slot of slots) {
    table.inflight[slot] = 1 + Math.floor(Math.random() * 6 * weights[slot]);
    if (outEvery > 0 && slot % outEvery === 0) table.setHealth(slot, UNHEALTHY);
  }
  const policy = definition.create(policyInput({ table, slots, weights, random: systemRandom }));
  let picks = 2000;
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = process.hrtime.bigint();
    for (let pick = 0; pick < picks; pick++) policy.pick(ANYWHERE);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / picks);
    picks = Math.max(20, Math.round(NS_PER_RUN / best));
  }
  return best;
}

console.log(
  `${'ns per pick'.padEnd(18)}${Object.keys(POLICIES)
    .map((name) => name.padStart(18))
    .join('')}`,
);
for (const each of CASES) {
  const columns = Object.values(POLICIES).map((definition) => nsPerPick(definition, each).toFixed(0).padStart(18));
  console.log(`${each.name.padEnd(18)}${columns.join('')}`);
}

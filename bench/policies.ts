/**
 * `npm run bench:policies`: nanoseconds per pick of every balancing policy with 10, 1,000 and 10,000 endpoints, and what
 * it allocates. With names of policies it measures only these. The exit code is 1 where a policy costs more than it may;
 * that holds on a quiet machine only. Of many short runs the fastest counts: the others measure the neighbours as well.
 */
import { getHeapStatistics } from 'node:v8';
import { definitionOf } from '../src/core/balancer/definition-of.ts';
import { POLICIES, nameOfPolicy } from '../src/core/balancer/policies.ts';
import type { Policy } from '../src/core/balancer/policy.ts';
import { mix } from '../src/core/keys/half-sip-hash.ts';
import { systemRandom } from '../src/core/random.ts';
import type { Random } from '../src/core/random.ts';
import { PoolTable, UNHEALTHY, createPoolTable } from '../src/core/shared/pool-table.ts';
import type { PolicySpec } from '../src/core/snapshot.ts';
import { policyInput } from '../test/support/policy-input.ts';

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
  { name: '10', endpoints: 10, weightOf: equal, outEvery: 0 },
  { name: '10, a third out', endpoints: 10, weightOf: equal, outEvery: 3 },
  { name: '1,000', endpoints: 1000, weightOf: equal, outEvery: 0 },
  { name: '1,000 weighted', endpoints: 1000, weightOf: mixed, outEvery: 0 },
  { name: '1,000, a third out', endpoints: 1000, weightOf: equal, outEvery: 3 },
  { name: '10,000', endpoints: 10_000, weightOf: equal, outEvery: 0 },
];

function hash(table: 'ring' | 'maglev' | 'rendezvous', boundedLoad: number): PolicySpec {
  return { hash: { key: { parts: ['client'], missing: 'random' }, table, boundedLoad } };
}

const SPECS: readonly PolicySpec[] = [
  ...Object.keys(POLICIES),
  ...[0, 1.25].flatMap((bound) => (['ring', 'maglev', 'rendezvous'] as const).map((table) => hash(table, bound))),
];

/** Policies that look at each endpoint may cost twice as much with 1,000 endpoints; the others this with any number. */
const MOST_NS = 1000;
const MOST_LINEAR_NS = 2000;
/** The compilers allocate, too; the smallest object is 16 bytes. */
const MOST_BYTES = 8;
const RUNS = 100;
const NS_PER_RUN = 100_000;
const MS_PER_ROUND = 100;
const KEYS = 1024;

const keys = Int32Array.from({ length: KEYS }, (_, index) => mix(index + 1) | 1);
const request = { tried: null, key: 0 };

function createPolicy(spec: PolicySpec, { endpoints, weightOf, outEvery }: Case, random: Random): Policy {
  const definition = definitionOf(spec);
  const table = new PoolTable(createPoolTable(endpoints, 16), 0);
  table.sumInFlight(definition.readsTotal === true);
  const slots = Int32Array.from({ length: endpoints }, (_, index) => index);
  const weights = Float64Array.from(slots, (slot) => weightOf(slot));
  for (const slot of slots) {
    for (let count = Math.floor(Math.random() * 6 * weights[slot]); count >= 0; count--) table.acquire(slot);
    if (outEvery > 0 && slot % outEvery === 1) table.setHealth(slot, UNHEALTHY);
  }
  const { hashTable = null } = definition;
  // `first` looks furthest where all but the last are full.
  const capacities = new Int32Array(endpoints).fill(1);
  capacities[endpoints - 1] = 1_000_000;
  const given = { table, slots, weights, random, capacities, now: () => 1000 };
  return definition.create(policyInput(given, hashTable === null ? [] : [hashTable]));
}

/** Returns what was picked, so that nobody can leave the work out. */
function pickTimes(policy: Policy, picks: number): number {
  let picked = 0;
  for (let pick = 0; pick < picks; pick++) {
    request.key = keys[pick & (KEYS - 1)];
    picked ^= policy.pick(request);
  }
  return picked;
}

function nsPerPick(policy: Policy): number {
  let picks = 2000;
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = process.hrtime.bigint();
    pickTimes(policy, picks);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / picks);
    picks = Math.max(20, Math.round(NS_PER_RUN / best));
  }
  return best;
}

/** A number with a fraction is an object of its own when it leaves a function: this source has none. */
const WHOLE: Random = { next: () => 0 };

/** Of some rounds the one that allocated least, as the compiler may come late to the first ones. */
function bytesPerPick(policy: Policy): number {
  const start = performance.now();
  pickTimes(policy, 2000);
  const picks = Math.round(Math.max(2000, Math.min(200_000, (2000 * MS_PER_ROUND) / (performance.now() - start))));
  const round = (): number => {
    const before = allocatedBytes();
    pickTimes(policy, picks);
    return (allocatedBytes() - before) / picks;
  };
  return Math.min(...Array.from({ length: 5 }, round));
}

function allocatedBytes(): number {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? 0;
}

const wanted = process.argv.slice(2);
const tooMuch: string[] = [];
console.log(`${'ns per pick'.padEnd(52)}${'bytes'.padStart(6)}${CASES.map(({ name }) => name.padStart(20)).join('')}`);
for (const spec of SPECS) {
  const name = nameOfPolicy(spec);
  if (wanted.length > 0 && !wanted.some((each) => name.includes(each))) continue;
  const cells = CASES.map((each) => {
    const ns = nsPerPick(createPolicy(spec, each, systemRandom));
    const most =
      definitionOf(spec).isLinear === true ? (MOST_LINEAR_NS * Math.max(1000, each.endpoints)) / 1000 : MOST_NS;
    if (ns > most) tooMuch.push(`${name}, ${each.name}: ${ns.toFixed(0)} ns, ${most} at most`);
    return ns.toFixed(0).padStart(20);
  });
  // No policy has anything that grows with the pool.
  const bytes = bytesPerPick(createPolicy(spec, CASES[0], WHOLE));
  if (bytes > MOST_BYTES) tooMuch.push(`${name}: ${bytes.toFixed(1)} bytes allocated`);
  console.log(`${name.padEnd(52)}${bytes.toFixed(1).padStart(6)}${cells.join('')}`);
}
for (const line of tooMuch) console.error(`too much: ${line}`);
process.exitCode = tooMuch.length > 0 ? 1 : 0;

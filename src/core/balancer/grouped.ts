/** A policy over groups of endpoints: one of the same kind for each, and the load shared between them. */
import { mix } from '../keys/half-sip-hash.ts';
import { isTried } from './candidates.ts';
import { GroupLoads } from './group-loads.ts';
import { tablesOfGroup } from './groups.ts';
import type { Group } from './groups.ts';
import type { PickRequest, Policy, PolicyDefinition, PolicyInput } from './policy.ts';

const UNIFORM = 2 ** -32;
/** Keys are divided between groups by other bits than between endpoints. */
const SALT = 0x51ed270b;

class GroupedPolicy implements Policy {
  readonly #input: PolicyInput;
  readonly #policies: readonly Policy[];
  readonly #loads: GroupLoads;
  readonly #draw: () => number;
  #key = 0;
  readonly observed: Policy['observed'];

  constructor(definition: PolicyDefinition, input: PolicyInput, groups: readonly Group[]) {
    this.#input = input;
    this.#loads = new GroupLoads(input, groups);
    this.#policies = groups.map(({ weights }, group) =>
      definition.create({ ...input, weights, cursor: group, hashTables: tablesOfGroup(input.hashTables, group) }),
    );
    const [first] = this.#policies;
    // Whatever is learned goes into one book.
    if (first.observed !== undefined) this.observed = (index, ms, isGood) => first.observed?.(index, ms, isGood);
    this.#draw = () => (this.#key === 0 ? this.#input.random.next() : (mix(this.#key ^ SALT) >>> 0) * UNIFORM);
  }

  pick(request: PickRequest): number {
    this.#key = request.key;
    const chosen = this.#loads.choose(this.#draw);
    const index = this.#policies[chosen].pick(request);
    if (index >= 0 && !isTried(index, request.tried)) return index;
    return this.#pickElsewhere(chosen, index, request);
  }

  /** One that was not tried, of whichever group; else what the group itself has. */
  #pickElsewhere(chosen: number, own: number, request: PickRequest): number {
    let last = own;
    for (let group = 0; group < this.#policies.length; group++) {
      if (group === chosen) continue;
      const index = this.#policies[group].pick(request);
      if (index >= 0 && !isTried(index, request.tried)) return index;
      if (last < 0) last = index;
    }
    return last;
  }

  owner(request: PickRequest): number {
    this.#key = request.key;
    return this.#policies[this.#loads.choose(this.#draw)].owner?.(request) ?? -1;
  }
}

/** The policy itself where there is one group. */
export function createGrouped(definition: PolicyDefinition, input: PolicyInput, groups: readonly Group[]): Policy {
  return groups.length === 1 ? definition.create(input) : new GroupedPolicy(definition, input, groups);
}

/**
 * How much of a pool's traffic each of its groups gets, by who is eligible just now.
 *
 * A level takes 1.4 times the share of its weight that is eligible, at most everything; what is left goes to the next
 * (Envoy's priority levels). Where all levels together take less than everything, they share it in that proportion.
 * Backups count only while nobody else is eligible. Within a level our own zone keeps its traffic while the share of the
 * level's eligible weight that it has is at least its share of the traffic, taken as the same for each zone; what is too
 * much goes to the others (Envoy's zone aware routing).
 */
import { INELIGIBLE } from '../shared/pool-table.ts';
import type { Group } from './groups.ts';
import type { PolicyInput } from './policy.ts';

const OVERPROVISIONED = 1.4;

export class GroupLoads {
  readonly #input: Pick<PolicyInput, 'table' | 'slots'>;
  readonly #groups: readonly Group[];
  readonly #whole: Float64Array;
  readonly #eligible: Float64Array;
  /** Share of each group, and the shares up to it. */
  readonly shares: Float64Array;
  readonly #upTo: Float64Array;
  #version = -1;
  /** The group that gets everything, -1 where several share it or none is eligible. */
  #only = -1;

  constructor(input: Pick<PolicyInput, 'table' | 'slots'>, groups: readonly Group[]) {
    this.#input = input;
    this.#groups = groups;
    this.#whole = Float64Array.from(groups, ({ weights }) => weights.reduce((sum, weight) => sum + weight, 0));
    this.#eligible = new Float64Array(groups.length);
    this.shares = new Float64Array(groups.length);
    this.#upTo = new Float64Array(groups.length);
  }

  /** The group that a number in [0, 1) falls to; the first where nobody is eligible. `draw` is called only where several share. */
  choose(draw: () => number): number {
    this.refresh();
    if (this.#only >= 0) return this.#only;
    const uniform = draw();
    let last = 0;
    for (let group = 0; group < this.#upTo.length; group++) {
      if (uniform < this.#upTo[group]) return group;
      if (this.shares[group] > 0) last = group;
    }
    return last;
  }

  /** Works the shares out anew when eligibility has changed. */
  refresh(): void {
    const version = this.#input.table.version[0];
    if (version === this.#version) return;
    this.#version = version;
    this.#count();
    this.shares.fill(0);
    if (!this.#share(false)) this.#share(true);
    this.#only = -1;
    let sum = 0;
    for (let group = 0; group < this.shares.length; group++) {
      sum += this.shares[group];
      this.#upTo[group] = sum;
      // What rounding leaves over is nobody's.
      if (this.shares[group] > 1 - 1e-9) this.#only = group;
    }
  }

  #count(): void {
    const { table, slots } = this.#input;
    this.#groups.forEach(({ weights }, group) => {
      let sum = 0;
      for (let index = 0; index < slots.length; index++) {
        if (weights[index] > 0 && (table.inflight[slots[index]] & INELIGIBLE) === 0) sum += weights[index];
      }
      this.#eligible[group] = sum;
    });
  }

  /** Among the backups, or among all others; false where none of them is eligible. */
  #share(areBackups: boolean): boolean {
    const levels = new Map<number, number>();
    let left = 1;
    for (const group of this.#membersOf(areBackups)) {
      const { level } = this.#groups[group];
      if (levels.has(level)) continue;
      const taken = Math.min(left, OVERPROVISIONED * this.#healthOf(level));
      levels.set(level, taken);
      left -= taken;
    }
    const total = 1 - left;
    if (total <= 0) return false;
    for (const group of this.#membersOf(areBackups)) {
      const load = (levels.get(this.#groups[group].level) as number) / total;
      this.shares[group] = load * this.#partOfLevel(group);
    }
    return true;
  }

  #membersOf(areBackups: boolean): readonly number[] {
    return this.#groups.flatMap(({ isBackup }, group) => (isBackup === areBackups ? [group] : []));
  }

  #healthOf(level: number): number {
    const [eligible, whole] = this.#sumsOf(level);
    return whole === 0 ? 0 : eligible / whole;
  }

  #sumsOf(level: number): readonly [number, number] {
    let eligible = 0;
    let whole = 0;
    this.#groups.forEach((group, index) => {
      if (group.level !== level) return;
      eligible += this.#eligible[index];
      whole += this.#whole[index];
    });
    return [eligible, whole];
  }

  #partOfLevel(group: number): number {
    const { level, zones, isNear } = this.#groups[group];
    if (zones === 1) return 1;
    const [eligible] = this.#sumsOf(level);
    if (eligible === 0) return 0;
    const near = isNear ? group : group - 1;
    const kept = Math.min(1, (this.#eligible[near] / eligible) * zones);
    return isNear ? kept : 1 - kept;
  }
}

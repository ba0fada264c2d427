/** A named list as the control plane has it. */
import type { ListSpec } from '../../core/settings.ts';
import type { UsableList } from '../../lists/judged-list.ts';
import type { ListEvent } from './list-event.ts';

export interface KeptList extends UsableList {
  readonly id: string;
  readonly source: ListSpec['source'];
  /** Of its file as it was when it was last read, whether it could be used or not; `''`: it has none. */
  readonly stamp: string;
  /** When what it holds was read, or was last said to be the same; ms since 1970. */
  readonly at: number;
  /** What was told of it and still holds; null: there is nothing to do. */
  readonly trouble: ListEvent | null;
}

/** What there is to say of a list that is used. */
export function warningOf(id: string, { warning }: UsableList): ListEvent | null {
  return warning === '' ? null : { list: id, change: 'warning', message: warning };
}

/** As it was found, with the ranges that there were before if they are the same: threads need not look again. */
export function keepingRanges(before: KeptList, found: KeptList): KeptList {
  const isSame = Buffer.from(before.ranges).equals(Buffer.from(found.ranges));
  return isSame ? { ...found, ranges: before.ranges } : found;
}

/** The last good one, with why there is no newer one. */
export function unusable(before: KeptList, why: string): KeptList {
  return { ...before, trouble: { list: before.id, change: 'unusable', message: why } };
}

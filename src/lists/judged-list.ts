/** A list that was read and can be used, or what is wrong with it. */
import { readList } from '../core/lists/list-reader.ts';
import type { ListRules } from '../core/lists/list-reader.ts';
import { buildRanges } from '../core/lists/ranges.ts';

export interface UsableList {
  readonly ranges: SharedArrayBuffer;
  readonly entries: number;
  /** What was left out of it, in words; `''`: nothing. */
  readonly warning: string;
}

/** Why there is no list. Both are sentences, the first one without its full stop. */
export class ListRefused extends Error {
  override readonly name = 'ListRefused';
  readonly cure: string;

  constructor(message: string, cure: string) {
    super(message);
    this.cure = cure;
  }
}

/** Throws a {@link ListRefused}. */
export function judgeList(text: string, rules: ListRules): UsableList {
  const { ranges, entries, bad, badLines, refused } = readList(text, rules);
  if (refused !== null) {
    const { line, message, cure } = refused;
    throw new ListRefused(line === 0 ? message : `line ${line}: ${message}`, cure);
  }
  const lines = `${badLines.join(', ')}${bad > badLines.length ? ' …' : ''}`;
  const warning = bad === 0 ? '' : `left out of ${entries} lines ${bad} that are no addresses: line ${lines}`;
  return { ranges: buildRanges(ranges), entries: ranges.count, warning };
}

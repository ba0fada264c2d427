/** Results of the drill that are kept: a run of some faults or proxies takes the place of those alone. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONTESTANTS } from './contestants.ts';
import { FAULTS } from './faults.ts';
import type { DrillResult } from './report.ts';

const RESULTS = fileURLToPath(new URL('../results/drill.json', import.meta.url));

/** Returns all that are kept from now on. */
export function keepResults(results: readonly DrillResult[]): DrillResult[] {
  const before = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as DrillResult[]) : [];
  const all = mergeResults(before, results);
  writeFileSync(RESULTS, `${JSON.stringify(all, null, 2)}\n`);
  return all;
}

/** In the order of faults and proxies; what no longer exists among them is gone. */
export function mergeResults(before: readonly DrillResult[], results: readonly DrillResult[]): DrillResult[] {
  return FAULTS.flatMap(({ id }) =>
    CONTESTANTS.flatMap(({ label }) => {
      const isOfCell = ({ fault, proxy }: DrillResult): boolean => fault === id && proxy === label;
      return results.find(isOfCell) ?? before.find(isOfCell) ?? [];
    }),
  );
}

/** A reporter of node:test for scripts/test.js: the totals of a run, what failed, and what was left out, as JSON. */

const COUNTS = ['tests', 'suites', 'passed', 'failed', 'cancelled', 'skipped', 'todo'];

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* reportTotals(source) {
  const failures = [];
  const skips = [];
  let counts = {};
  for await (const { type, data } of source) {
    if (type === 'test:fail' && !isOnlyFailedInside(data)) failures.push(`${data.name} (${place(data)})`);
    if (type === 'test:pass' && typeof data.skip === 'string')
      skips.push(`${data.name} (${place(data)}): ${data.skip}`);
    if (type === 'test:summary' && data.file === undefined) counts = data.counts;
  }
  yield JSON.stringify({ ...Object.fromEntries(COUNTS.map((name) => [name, counts[name] ?? 0])), failures, skips });
}

/** A suite, or a test with tests in it, that failed for no reason of its own. */
function isOnlyFailedInside(data) {
  return data.details?.error?.failureType === 'subtestsFailed';
}

function place({ file, line }) {
  const name = file?.replace(`${process.cwd()}/`, '') ?? 'unknown file';
  return line === undefined ? name : `${name}:${line}`;
}

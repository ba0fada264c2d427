/** The run as text: a table for each row, and the one line for a commit message. */
import type { BenchResults, ContestantResult, IdleResult, RowResult } from './results.ts';

/** Share of the core used by others from which a figure is marked. */
const DISTURBED = 0.03;

type Column = readonly [title: string, value: (result: ContestantResult) => string];

const COLUMNS: readonly Column[] = [
  ['CPU µs/request', (result) => result.cpuUs.total.median.toFixed(2)],
  ['user', (result) => result.cpuUs.user.toFixed(2)],
  ['system', (result) => result.cpuUs.system.toFixed(2)],
  ['min to max', (result) => `${result.cpuUs.total.min.toFixed(2)} to ${result.cpuUs.total.max.toFixed(2)}`],
  ['ratio', (result) => (result.ratio === null ? '' : `${result.ratio.spread.median.toFixed(2)} × ${result.ratio.to}`)],
  ['p50', (result) => milliseconds(result.p50Us)],
  ['p99', (result) => milliseconds(result.p99Us)],
  ['peak memory', (result) => mebibytes(result.peakBytes)],
  ['core', (result) => percent(result.busy)],
  ['others', (result) => percent(result.disturbed) + (result.disturbed > DISTURBED ? ' !' : '')],
];

export function renderRow(row: RowResult): string {
  const header = ['', ...COLUMNS.map(([title]) => title)];
  const lines = row.contestants.map(renderContestant);
  const voided = row.contestants.filter((result) => result.void !== null);
  return [
    `\n${row.title}`,
    ...renderTable([header, ...lines]),
    ...voided.map((result) => `  ${result.label} is void: ${result.void ?? ''}`),
    ...(row.id === 'workers' ? row.contestants.map(renderThreads) : []),
  ].join('\n');
}

function renderContestant(result: ContestantResult): string[] {
  const cells = COLUMNS.map(([, value]) => (result.void === null ? value(result) : ''));
  return [result.label, ...(result.void === null ? cells : ['void', ...cells.slice(1)])];
}

function renderThreads(result: ContestantResult): string {
  const shares = result.threads.map((thread) => `${thread.name} ${thread.cpuUs.toFixed(2)}`);
  return `  ${result.label}, µs/request by thread: ${shares.join(', ')}`;
}

export function renderIdle(results: readonly IdleResult[]): string {
  const header = ['', 'connections', 'bytes each', 'resident before', 'after'];
  const lines = results.map((result) => [
    result.label,
    String(result.connections),
    String(result.bytesPerConnection),
    mebibytes(result.residentBefore),
    mebibytes(result.residentAfter),
  ]);
  const voided = results.filter((result) => result.void !== null);
  return [
    '\nidle keep-alive connections, memory of the process',
    ...renderTable([header, ...lines]),
    ...voided.map((result) => `  ${result.label} is void: ${result.void ?? ''}`),
  ].join('\n');
}

/** One line that can be pasted into a commit message. */
export function renderSummary({ rows, settings }: BenchResults): string {
  const row = rows.find(({ id }) => id === 'browser');
  if (row === undefined) return '';
  const parts = row.contestants.map((result) => {
    if (result.void !== null) return `${result.label} void (${result.void})`;
    const { total, user, system } = result.cpuUs;
    const cost = `${result.label} ${total.median.toFixed(2)} µs (user ${user.toFixed(2)}, system ${system.toFixed(2)})`;
    if (result.ratio === null || result.id === 'haproxy') return cost;
    const { median, min, max } = result.ratio.spread;
    return `${cost} = ${median.toFixed(3)} × ${result.ratio.to} [${min.toFixed(3)} to ${max.toFixed(3)}]`;
  });
  const disturbed = row.contestants.some((result) => result.disturbed > DISTURBED) ? ', disturbed' : '';
  const rounds = `${settings['rounds']} × ${settings['seconds']} s`;
  return `bench, browser head 50 B, CPU/request: ${parts.join('; ')} (${rounds}${disturbed})`;
}

/** First column to the left, the others to the right. */
function renderTable(lines: readonly (readonly string[])[]): string[] {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => {
    const cells = line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])));
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

function milliseconds(us: number): string {
  return Number.isNaN(us) ? '' : `${(us / 1000).toFixed(2)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

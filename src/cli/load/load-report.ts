/** The results of a load, for people and for scripts. */
import { styleText } from 'node:util';
import type { Latencies, LoadSummary } from './load-figures.ts';
import type { LoadOptions } from './load-options.ts';

const BAR_WIDTH = 40;
/** The characters for the last cell of a bar. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Colours are used only if stdout shows them. */
export function formatReport(options: LoadOptions, summary: LoadSummary): string {
  const sections = [
    formatHead(options, summary),
    summary.latencyMs === null ? [] : formatLatencies(summary.latencyMs),
    summary.histogram.length === 0 ? [] : formatHistogram(summary),
    formatServers(options, summary),
    formatErrors(summary),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The report as one object; times in ms. */
export function toJsonReport({ url, connections, pipelining, rate, by }: LoadOptions, summary: LoadSummary): object {
  const { servers, unnamed, ...rest } = summary;
  return {
    url,
    connections,
    pipelining,
    rate,
    ...rest,
    servers: { by: `${by.in}:${by.name}`, answers: servers, unnamed },
  };
}

function formatHead({ url, connections: most, requests }: LoadOptions, summary: LoadSummary): string[] {
  const connections = Math.min(most, requests ?? most);
  const { elapsedMs, answers, answersPerSecond, bytes, statuses } = summary;
  const seconds = elapsedMs / 1000;
  const classes = Object.entries(statuses).map(([status, count]) => paintStatus(status, `${status}: ${whole(count)}`));
  return [
    `${styleText('bold', url)}, ${connections} connection${connections === 1 ? '' : 's'}, ${seconds.toFixed(2)} s`,
    '',
    `${styleText('bold', whole(answersPerSecond))} answers/s   ${whole(answers)} answers   ${formatBytes(bytes / seconds)}/s`,
    ...(classes.length === 0 ? [] : [classes.join('   ')]),
  ];
}

function formatLatencies(latencies: Latencies): string[] {
  const names = ['p50', 'p75', 'p90', 'p99', 'p99.9', 'max', 'mean', 'stdev'] as const;
  const cells = names.map((name) => [name, formatMs(latencies[name])]);
  const widths = cells.map(([name, value]) => Math.max(name.length, value.length));
  const row = (place: number): string => cells.map((cell, index) => cell[place].padStart(widths[index])).join('   ');
  return [styleText('bold', 'latency, ms'), `  ${row(0)}`, `  ${row(1)}`];
}

function formatHistogram({ histogram, answers }: LoadSummary): string[] {
  const most = Math.max(...histogram.map(({ count }) => count));
  const labels = histogram.map(({ toMs }, index) => {
    return toMs === null ? `> ${histogram[index - 1]?.toMs ?? ''}` : `≤ ${toMs}`;
  });
  const width = Math.max(...labels.map((label) => label.length));
  const rows = histogram.map(({ count }, index) => {
    const bar = styleText('cyan', drawBar(count / most));
    return `  ${labels[index].padStart(width)}  ${percent(count / answers).padStart(6)}  ${bar}`.trimEnd();
  });
  return [styleText('bold', 'answers by latency, ms'), ...rows];
}

function drawBar(share: number): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(share * BAR_WIDTH * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

function formatServers({ by }: LoadOptions, { servers, unnamed, answers }: LoadSummary): string[] {
  const names = Object.entries(servers);
  if (names.length === 0) return [];
  const place = by.in === 'header' ? `header ${by.name}` : `key ${by.name} of the body`;
  const all = unnamed === 0 ? names : [...names, ['(none)', unnamed] as const];
  const width = Math.max(...all.map(([name]) => name.length));
  const rows = all.map(([name, count]) => {
    const bar = styleText('green', drawBar(count / answers));
    return `  ${name.padEnd(width)}  ${percent(count / answers).padStart(6)}  ${whole(count).padStart(whole(answers).length)}  ${bar}`;
  });
  return [`${styleText('bold', 'answers by server')}, by ${place}`, ...rows];
}

function formatErrors({ errors, answers }: LoadSummary): string[] {
  const reasons = Object.entries(errors);
  if (reasons.length === 0)
    return answers > 0 ? [] : ['The server took connections and closed them without an answer.'];
  const rows = reasons.map(([reason, count]) => `  ${reason}  ${whole(count)}`);
  return [styleText(['bold', 'red'], 'requests without an answer'), ...rows];
}

function paintStatus(status: string, text: string): string {
  return status < '4' ? text : styleText(status < '5' ? 'yellow' : 'red', text);
}

/** Three significant digits: `0.412`, `4.12`, `41.2`, `412`. */
function formatMs(ms: number): string {
  return ms >= 100 ? whole(ms) : ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3);
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${(bytes / 2 ** (10 * power)).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function whole(number: number): string {
  return Math.round(number).toLocaleString('en');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

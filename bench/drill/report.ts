/** The drill's results as text. */
import type { DrillOutcome } from './outcome.ts';

export interface DrillResult {
  readonly fault: string;
  readonly title: string;
  /** At most so many failures are wanted of Fairlead; null: none is agreed. */
  readonly wanted: number | null;
  readonly proxy: string;
  readonly version: string;
  /** As in 2026-01-31. */
  readonly date: string;
  readonly worst: DrillOutcome;
  readonly runs: number;
}

/** The worst of each figure, so that no run hides another. */
export function worstOf(outcomes: readonly DrillOutcome[]): DrillOutcome {
  const largest = (figure: (outcome: DrillOutcome) => number): number => Math.max(...outcomes.map(figure));
  const orNever = (figure: (outcome: DrillOutcome) => number | null): number | null =>
    outcomes.some((outcome) => figure(outcome) === null) ? null : largest((outcome) => figure(outcome) ?? 0);
  return {
    sent: largest(({ sent }) => sent),
    failed: largest(({ failed }) => failed),
    saveable: largest(({ saveable }) => saveable),
    repeated: largest(({ repeated }) => repeated),
    doublePosts: largest(({ doublePosts }) => doublePosts),
    wrong: largest(({ wrong }) => wrong),
    longestGapMs: largest(({ longestGapMs }) => longestGapMs),
    lastFailureMs: largest(({ lastFailureMs }) => lastFailureMs),
    detectMs: orNever(({ detectMs }) => detectMs),
    shareMs: orNever(({ shareMs }) => shareMs),
  };
}

export function renderLine(label: string, outcome: DrillOutcome): string {
  const { sent, failed, saveable, repeated, doublePosts, wrong } = outcome;
  return (
    `  ${label.padEnd(20)} ${String(failed).padStart(5)} of ${sent} failed (${saveable} could have been saved), ` +
    `${repeated} came twice (${doublePosts} POSTs), ${wrong} wrong; detected after ${seconds(outcome.detectMs)}, ` +
    `last failure after ${seconds(outcome.lastFailureMs)}, longest gap ${seconds(outcome.longestGapMs)}, share back after ${seconds(outcome.shareMs)}`
  );
}

/** One row for each fault, in Markdown: failed requests, and when the mended server had its share. */
export function renderTable(results: readonly DrillResult[]): string {
  const proxies = [...new Set(results.map(({ proxy }) => proxy))];
  const rows = [...new Set(results.map(({ fault }) => fault))].map((fault) => {
    const ofFault = results.filter((result) => result.fault === fault);
    const cells = proxies.map((proxy) => cellOf(ofFault.find((result) => result.proxy === proxy)));
    return [ofFault[0].title, ...cells, ofFault[0].wanted === null ? '' : `≤ ${ofFault[0].wanted}`];
  });
  return toTable(['fault', ...proxies, 'wanted'], rows);
}

/** A sentence for each proxy: its version, of how many runs the worst is, and when they were. */
export function renderTerms(results: readonly DrillResult[]): string {
  const sentences = different(results.map(({ proxy }) => proxy)).map((proxy) => {
    const ofProxy = results.filter((result) => result.proxy === proxy);
    const versions = different(ofProxy.map(({ version }) => version)).join(', ');
    const runs = different(
      ofProxy.map((result) => (result.runs === 1 ? 'one run' : `the worst of ${result.runs} runs`)),
    );
    return `${proxy} (${versions}): ${runs.join(' or ')}, ${different(ofProxy.map(({ date }) => date)).join(', ')}.`;
  });
  return sentences.join(' ');
}

function different(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** All figures, a row for each fault and proxy. */
export function renderFigures(results: readonly DrillResult[]): string {
  const heads = [
    'fault',
    'proxy',
    'sent',
    'failed',
    'could have been saved',
    'retried',
    'POSTs twice',
    'wrong answers',
    'longest gap',
    'detected after',
    'share back after',
  ];
  const rows = results.map(({ title, proxy, worst }) => {
    const { sent, failed, saveable, repeated, doublePosts, wrong } = worst;
    const times = [worst.longestGapMs, worst.detectMs, worst.shareMs].map(seconds);
    return [title, proxy, ...[sent, failed, saveable, repeated, doublePosts, wrong].map(String), ...times];
  });
  return toTable(heads, rows);
}

/** In Markdown. */
export function toTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellOf(result: DrillResult | undefined): string {
  if (result === undefined) return '';
  const { failed, doublePosts, shareMs } = result.worst;
  const share = shareMs === null ? '' : `; ${seconds(shareMs)}`;
  return `${failed}${share}${doublePosts === 0 ? '' : `; ${doublePosts} POSTs twice`}`;
}

function seconds(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`;
}

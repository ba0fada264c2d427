/**
 * The chart of the README: CPU per request as a multiple of HAProxy's, a group of bars for each row.
 * `node bench/chart.ts bench/results/latest.json > docs/images/bench.svg` draws it again.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COLOURS, svg, text } from './svg.ts';
import type { BenchResults, ContestantResult, RowResult } from './results.ts';

/** Bars longer than this many times HAProxy are cut, with their number beside them. */
const LONGEST = 2.5;
const WIDTH = 860;
const LEFT = 250;
const RIGHT = 90;
const TOP = 96;
const BAR = 16;
const GAP = 4;
const GROUP_GAP = 20;
const BOTTOM = 62;
const SCALE = (WIDTH - LEFT - RIGHT) / LONGEST;

const PROXY_COLOURS = new Map([
  ['fairlead', COLOURS.blue],
  ['nginx', COLOURS.green],
  ['go', COLOURS.amber],
]);

/** Keeps a number legible where a line of the grid runs through it. */
const HALO = 'stroke="#ffffff" stroke-width="4" paint-order="stroke" stroke-linejoin="round"';

/** Rows whose contestants are compared with HAProxy alone. */
const ROWS = ['browser', 'varied', 'bare', '64k', '1m', 'post', 'close'];

interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly id: string;
  readonly label: string;
  readonly ratio: number;
}

export function drawChart(results: BenchResults): string {
  const groups = results.rows.filter(({ id }) => ROWS.includes(id)).map(groupOf);
  let y = TOP;
  const parts: string[] = [];
  for (const group of groups) {
    parts.push(drawGroup(group, y));
    y += groupHeight(group) + GROUP_GAP;
  }
  const height = y + BOTTOM - GROUP_GAP;
  return svg(WIDTH, height, 'CPU per request compared with HAProxy', [
    text(24, 34, 'CPU per request, HAProxy = 1', 'font-size="19" font-weight="600" fill="#1b1f24"'),
    drawLegend(groups),
    drawGrid(y - GROUP_GAP),
    ...parts,
    drawFootnote(results, height),
  ]);
}

function groupOf(row: RowResult): Group {
  const bars = row.contestants.flatMap(barOf);
  return { title: row.title, bars: bars.sort((a, b) => order(a.id) - order(b.id)) };
}

function barOf({ id, label, ratio, void: problem }: ContestantResult): Bar[] {
  if (!PROXY_COLOURS.has(id) || ratio === null || problem !== null) return [];
  return [{ id, label, ratio: ratio.spread.median }];
}

function order(id: string): number {
  return [...PROXY_COLOURS.keys()].indexOf(id);
}

function groupHeight({ bars }: Group): number {
  return Math.max(1, bars.length) * (BAR + GAP) - GAP;
}

function drawGroup(group: Group, top: number): string {
  const comma = group.title.lastIndexOf(', ');
  const [load, answer] = [group.title.slice(0, comma), group.title.slice(comma + 2)];
  const middle = top + groupHeight(group) / 2;
  const lines = [
    text(LEFT - 14, middle - 2, load, 'font-size="13.5" text-anchor="end" fill="#1b1f24"'),
    text(LEFT - 14, middle + 15, answer, 'font-size="12" text-anchor="end" fill="#59636e"'),
  ];
  return [...lines, ...group.bars.map((bar, index) => drawBar(bar, top + index * (BAR + GAP)))].join('\n');
}

function drawBar({ id, ratio }: Bar, y: number): string {
  const width = Math.min(ratio, LONGEST) * SCALE;
  const colour = PROXY_COLOURS.get(id) ?? '#888888';
  const weight = id === 'fairlead' ? ' font-weight="600"' : '';
  const label = text(
    LEFT + width + 7,
    y + BAR - 3.5,
    `${ratio.toFixed(2)} ×`,
    `${HALO} font-size="12.5" fill="#1b1f24"${weight}`,
  );
  const bar = `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${colour}"/>`;
  return ratio > LONGEST ? `${bar}${drawCut(LEFT + width - 26, y)}${label}` : `${bar}${label}`;
}

/** Two slanted lines across a bar that is longer than drawn. */
function drawCut(x: number, y: number): string {
  const line = (offset: number): string => `M${x + offset} ${y + BAR + 2}l7 ${-(BAR + 4)}`;
  return `<path d="${line(0)}${line(7)}" stroke="#ffffff" stroke-width="3"/>`;
}

function drawGrid(bottom: number): string {
  const lines: string[] = [];
  for (let ratio = 0; ratio <= LONGEST; ratio += 0.5) {
    const x = LEFT + ratio * SCALE;
    const stroke = ratio === 1 ? 'stroke="#1b1f24" stroke-width="1.5"' : 'stroke="#d8dee4"';
    lines.push(`<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${bottom + 8}" ${stroke}/>`);
    lines.push(text(x, bottom + 24, String(ratio), 'font-size="12" text-anchor="middle" fill="#59636e"'));
  }
  return lines.join('\n');
}

function drawLegend(groups: readonly Group[]): string {
  const labels = new Map(groups.flatMap(({ bars }) => bars.map(({ id, label }) => [id, label] as const)));
  let x = 24;
  const parts = [...PROXY_COLOURS].flatMap(([id, colour]) => {
    const label = labels.get(id);
    if (label === undefined) return [];
    const part = `<rect x="${x}" y="51" width="13" height="13" rx="2" fill="${colour}"/>${text(x + 19, 62, label, 'font-size="13" fill="#1b1f24"')}`;
    x += 46 + label.length * 7.2;
    return [part];
  });
  return [...parts, text(x, 62, 'shorter is better', 'font-size="13" fill="#59636e"')].join('\n');
}

function drawFootnote({ startedAt, machine, versions }: BenchResults, height: number): string {
  const haproxy = /\d+\.\d+\.\d+/.exec(versions['haproxy'] ?? '')?.[0] ?? '';
  const note = `One worker each on one core (${machine.cpu}), HAProxy ${haproxy}, ${startedAt.slice(0, 10)}. User and system time of the whole process. docs/benchmarks.md`;
  return text(24, height - 14, note, 'font-size="11.5" fill="#59636e"');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(drawChart(JSON.parse(readFileSync(process.argv[2], 'utf8')) as BenchResults));
}

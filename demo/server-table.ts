/** The table of servers: which columns a width has room for, and their cells. */
import { bar, cellWidth, fit, piece, sparkline } from './cells.ts';
import type { Line, Piece, Style } from './cells.ts';
import type { ServerView } from './demo-view.ts';

/** What a cell is drawn from. */
interface Cell {
  readonly server: ServerView;
  readonly isChosen: boolean;
  readonly width: number;
  /** The most that any server served in a second: the full height of every sparkline, so that they compare. */
  readonly most: number;
}

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly width: number;
  /** The column grows to this width where there is room. */
  readonly mostWidth: number;
  readonly draw: (cell: Cell) => Piece;
}

const GAP = '  ';
const SHARE_DIGITS = 5;
/** `● ejected 30s` */
const HEALTH_CELLS = 13;
const HEALTH_STYLE: Readonly<Record<ServerView['health'], Style>> = {
  healthy: 'green',
  unchecked: 'green',
  unhealthy: 'red',
  ejected: 'yellow',
  trial: 'yellow',
  open: 'yellow',
  probing: 'yellow',
  draining: 'yellow',
  maintenance: 'yellow',
};

const text = (title: string, width: number, read: (server: ServerView) => string, mostWidth = width): Column => ({
  title,
  align: 'left',
  width,
  mostWidth,
  draw: ({ server, width: cells }) => piece(fit(read(server), cells)),
});

const number = (title: string, width: number, read: (server: ServerView) => string): Column => ({
  title,
  align: 'right',
  width,
  mostWidth: width,
  draw: ({ server }) => piece(fit(read(server), width, 'right')),
});

/** In the order in which they stand. */
const COLUMNS = {
  name: {
    ...text('', 4, () => ''),
    draw: ({ server, isChosen }) => piece(fit(`${isChosen ? '▸' : ' '} ${server.name}`, 4), 'bold'),
  },
  pool: text('pool', 4, ({ pool }) => pool),
  health: {
    ...text('health', HEALTH_CELLS, () => ''),
    draw: ({ server }) => piece(fit(`● ${describeHealth(server)}`, HEALTH_CELLS), HEALTH_STYLE[server.health]),
  },
  behavior: text('server', 11, ({ behavior }) => behavior),
  weight: number('weight', 6, ({ weight }) => String(weight)),
  rate: number('req/s', 5, ({ requestsPerSecond }) => String(Math.round(requestsPerSecond))),
  share: {
    ...text('share of pool', 15, () => '', 21),
    draw: ({ server: { share, health }, width }) => {
      const percent = `${String(Math.round(share * 100)).padStart(SHARE_DIGITS - 1)}%`;
      return piece(`${bar(share, width - SHARE_DIGITS)}${percent}`, HEALTH_STYLE[health]);
    },
  },
  inFlight: number('in flight', 9, ({ inFlight }) => String(inFlight)),
  p50: number('p50 ms', 6, ({ times }) => wholeMs(times.p50Ms)),
  p99: number('p99 ms', 6, ({ times }) => wholeMs(times.p99Ms)),
  history: {
    ...text('last 60 s', 10, () => '', 60),
    draw: ({ server, width, most }) => piece(sparkline(server.history, width, most), 'cyan'),
  },
  reason: text('why', 24, ({ reason }) => reason, 60),
} satisfies Record<string, Column>;

type ColumnName = keyof typeof COLUMNS;

/** Columns by importance: the first ones get a place first. The first five have one at any width. */
const BY_IMPORTANCE: readonly ColumnName[] = [
  ...(['name', 'health', 'rate', 'share', 'p50'] as const),
  ...(['history', 'p99', 'behavior', 'inFlight', 'pool', 'weight', 'reason'] as const),
];
/** Columns that get the width that is left over, one after the other. */
const GROWING: readonly ColumnName[] = ['share', 'history', 'reason'];

/** The heading and a line per server, each at most `columns` wide from 50 on. */
export function drawServers(servers: readonly ServerView[], chosen: number, columns: number): Line[] {
  const widths = chooseColumns(columns);
  const shown = (Object.entries(COLUMNS) as [ColumnName, Column][]).filter(([name]) => widths.has(name));
  const most = Math.max(1, ...servers.flatMap(({ history }) => history.map((value) => value ?? 0)));
  const titles = shown.map(([name, { title, align }]) => piece(fit(title, widths.get(name) ?? 0, align), 'dim'));
  const rows = servers.map((server, i) =>
    shown.map(([name, { draw }]) => draw({ server, isChosen: i === chosen, width: widths.get(name) ?? 0, most })),
  );
  return [titles, ...rows].map((cells) => cells.flatMap((cell, i) => (i === 0 ? [cell] : [piece(GAP), cell])));
}

/** The widths of those there is room for. */
function chooseColumns(columns: number): Map<ColumnName, number> {
  const widths = new Map<ColumnName, number>();
  let left = columns + cellWidth(GAP);
  for (const name of BY_IMPORTANCE) {
    const needed = COLUMNS[name].width + cellWidth(GAP);
    if (needed > left) continue;
    widths.set(name, COLUMNS[name].width);
    left -= needed;
  }
  for (const name of GROWING) {
    const width = widths.get(name);
    if (width === undefined) continue;
    const more = Math.min(left, COLUMNS[name].mostWidth - width);
    widths.set(name, width + more);
    left -= more;
  }
  return widths;
}

/** With the countdown of an ejection, or of an open breaker. */
function describeHealth({ health, secondsOut }: ServerView): string {
  const isCounting = (health === 'ejected' || health === 'open') && secondsOut !== null;
  return isCounting ? `${health} ${secondsOut}s` : health;
}

/** `–` where nothing was measured. */
export function wholeMs(ms: number | null): string {
  return ms === null ? '–' : String(Math.round(ms));
}

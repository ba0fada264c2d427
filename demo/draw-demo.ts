/** The demo's screen: from what there is to show and the size of the terminal to its lines. Pure. */
import { cellWidth, fitLine, paint, piece, wholePieces } from './cells.ts';
import type { Line, Style } from './cells.ts';
import { API_HOST, APP_HOST } from './demo-config.ts';
import type { DemoView, EventView } from './demo-view.ts';
import { drawServers, wholeMs } from './server-table.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  readonly isColored: boolean;
}

const MOST_EVENTS = 8;
const KEY_GAP = '   ';
const EMPTY: Line = [];
const KEYS: readonly (readonly [key: string, meaning: string])[] = [
  ['1-5 ↑↓', 'choose'],
  ['k', 'kill'],
  ['h', 'hang'],
  ['s', 'slow down'],
  ['f', 'fail'],
  ['r', 'revive'],
  ['p', 'policy'],
  ['w', 'weight'],
  ['+ -', 'load'],
  ['space', 'pause'],
  ['q', 'quit'],
];
const EVENT_STYLE: Readonly<Record<EventView['kind'], Style>> = { done: 'bold', bad: 'red', good: 'green' };

/** At most `rows` lines of at most `columns` cells. What matters least goes first where there are too few rows. */
export function drawDemo(view: DemoView, { columns, rows, isColored }: ScreenSize): string[] {
  const table = [...drawServers(view.servers, view.chosen, columns), ...view.panicking.map(drawPanic)];
  const keys = drawKeys(columns);
  const totals = wholePieces(drawTotals(view), columns);
  const essential = [totals, EMPTY, ...table, EMPTY, ...keys];
  const head = [drawTitle(view), ...drawAddresses(view), EMPTY];
  const hasHead = essential.length + head.length <= rows;
  const room = rows - essential.length - (hasHead ? head.length : 0) - 1;
  const events = room > 0 ? view.events.slice(-Math.min(room, MOST_EVENTS)).map(drawEvent) : [];
  const lines = [
    ...(hasHead ? head : []),
    totals,
    EMPTY,
    ...table,
    EMPTY,
    ...(events.length > 0 ? [...events, EMPTY] : []),
    ...keys,
  ];
  return lines.slice(0, rows).map((line) => paint(fitLine(line, columns), isColored));
}

function drawTitle({ policy, threads, seconds }: DemoView): Line {
  return [
    piece(' Fairlead ', 'inverse', 'bold'),
    piece('  policy '),
    piece(policy, 'bold', 'cyan'),
    piece(`   ${threads} ${threads === 1 ? 'thread' : 'threads'}   ${clockTime(seconds)}`),
  ];
}

function drawAddresses({ port, servers }: DemoView): Line[] {
  const list = (pool: string): string =>
    servers
      .filter((server) => server.pool === pool)
      .map(({ name }) => name)
      .join(' ');
  return [
    ...[
      ['app', APP_HOST],
      ['api', API_HOST],
    ].map(([pool, host]): Line => [piece(`http://${host}:${port}`, 'cyan'), piece(`  →  ${pool}: ${list(pool)}`)]),
    [piece(`curl -i -H 'Host: ${API_HOST}' http://127.0.0.1:${port}/`, 'dim')],
  ];
}

function drawTotals(view: DemoView): Line {
  const { requestsPerSecond, failuresPerSecond, times, requests, failures } = view;
  const load = view.isPaused ? piece('   paused', 'yellow', 'bold') : piece(`   load ${view.rate}/s`);
  const failed = `   ${Math.round(failuresPerSecond)} failed/s`;
  return [
    piece(`${Math.round(requestsPerSecond)} requests/s`, 'bold'),
    failuresPerSecond > 0 ? piece(failed, 'red', 'bold') : piece(failed),
    piece(`   p50 ${wholeMs(times.p50Ms)} ms   p99 ${wholeMs(times.p99Ms)} ms`),
    load,
    piece(`   in all ${requests}, ${failures} failed`, 'dim'),
  ];
}

function drawPanic(pool: string): Line {
  return [
    piece(` PANIC `, 'inverse', 'red'),
    piece(`  no server of ${pool} is healthy: those that do not refuse are tried`, 'red'),
  ];
}

function drawEvent({ seconds, text, kind }: EventView): Line {
  return [piece(`${clockTime(seconds)}  `, 'dim'), piece(text, EVENT_STYLE[kind])];
}

/** On as many lines as they need. */
function drawKeys(columns: number): Line[] {
  const lines: Line[] = [];
  let line: Line = [];
  let width = 0;
  for (const [key, meaning] of KEYS) {
    const cells = cellWidth(`${key} ${meaning}`);
    if (width > 0 && width + KEY_GAP.length + cells > columns) {
      lines.push(line);
      line = [];
      width = 0;
    }
    const gap = width > 0 ? KEY_GAP : '';
    line = [...line, piece(gap), piece(key, 'bold'), piece(` ${meaning}`, 'dim')];
    width += gap.length + cells;
  }
  return [...lines, line];
}

/** `1:05`. */
function clockTime(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

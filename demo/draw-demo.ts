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
/** As demo-config.ts has them. */
const POOLS = [
  { pool: 'app', host: APP_HOST, care: 'checked each second' },
  { pool: 'api', host: API_HOST, care: 'not checked: five failures in a row, and out for 15 s' },
] as const;
const EVENT_STYLE: Readonly<Record<EventView['kind'], Style>> = { done: 'bold', bad: 'red', good: 'green' };

/** At most `rows` lines of at most `columns` cells. What matters least goes first where there are too few rows. */
export function drawDemo(view: DemoView, { columns, rows, isColored }: ScreenSize): string[] {
  const table = [
    ...drawServers(view.servers, view.chosen, columns),
    ...view.panicking.flatMap(drawPanic),
    ...view.holding.flatMap(drawHolding),
  ];
  const keys = drawKeys(columns);
  const totals = wholePieces(drawTotals(view), columns);
  const hint: Line[] = view.hint === null ? [] : [[piece('▸ ', 'bold', 'cyan'), piece(view.hint, 'cyan')]];
  const essential = [totals, EMPTY, ...table, EMPTY, ...keys];
  const head = [drawTitle(view), ...drawAddresses(view), EMPTY];
  const hasHead = essential.length + head.length <= rows;
  const left = rows - essential.length - (hasHead ? head.length : 0);
  const hasHint = hint.length > 0 && left >= hint.length;
  const room = left - (hasHint ? hint.length : 0) - 1;
  const events = room > 0 ? view.events.slice(-Math.min(room, MOST_EVENTS)).map(drawEvent) : [];
  const lines = [
    ...(hasHead ? head : []),
    totals,
    EMPTY,
    ...table,
    EMPTY,
    ...(events.length > 0 ? [...events, EMPTY] : []),
    ...(hasHint ? hint : []),
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

function drawAddresses({ port, servers, ...https }: DemoView): Line[] {
  const list = (pool: string): string =>
    servers
      .filter((server) => server.pool === pool)
      .map(({ name }) => name)
      .join(' ');
  return [
    ...POOLS.map(({ pool, host, care }): Line => [
      piece(`http://${host}:${port}`, 'cyan'),
      piece(`  →  ${pool}: ${list(pool)}`),
      piece(`   ${care}`, 'dim'),
    ]),
    drawHttps(https),
    [piece(`curl -i -H 'Host: ${API_HOST}' http://127.0.0.1:${port}/`, 'dim')],
  ];
}

function drawHttps({ httpsPort, whyNoHttps }: Pick<DemoView, 'httpsPort' | 'whyNoHttps'>): Line {
  if (httpsPort === null) return [piece(`no HTTPS: ${whyNoHttps ?? ''}`, 'dim')];
  return [
    piece(`https://${APP_HOST}:${httpsPort}`, 'cyan'),
    piece(`  and by HTTPS, with a certificate of its own making: curl --insecure`, 'dim'),
  ];
}

function drawTotals(view: DemoView): Line {
  const { requestsPerSecond, failuresPerSecond, times, requests, retries, rescues, lost } = view;
  const load = view.isPaused ? piece('   paused', 'yellow', 'bold') : piece(`   load ${view.rate}/s`);
  const failed = `   ${Math.round(failuresPerSecond)} failed/s`;
  return [
    piece(`${Math.round(requestsPerSecond)} requests/s`, 'bold'),
    failuresPerSecond > 0 ? piece(failed, 'red', 'bold') : piece(failed),
    piece(`   p50 ${wholeMs(times.p50Ms)} ms   p99 ${wholeMs(times.p99Ms)} ms`),
    load,
    piece(`   in all ${requests}`, 'dim'),
    piece(`   retried ${retries}${rescues > 0 ? ` (${rescues} rescued)` : ''}`, 'bold'),
    lost.all > 0
      ? piece(`   ${describeLost(lost)}`, 'red', 'bold')
      : piece(`   ${describeLost(lost)}`, 'green', 'bold'),
  ];
}

/** A POST that a server has got is never sent to another: that may be the whole reason. */
export function describeLost({ all, posts }: DemoView['lost']): string {
  if (posts === 0) return `lost ${all}`;
  return posts === all ? `lost ${all} (POST)` : `lost ${all} (${posts} POST)`;
}

function drawPanic(pool: string): Line[] {
  return [
    [
      piece(` PANIC `, 'inverse', 'red'),
      piece(`  no server of ${pool} is healthy: those that do not refuse are tried`, 'red'),
    ],
    [
      piece(
        '         A bad answer is better than none, and checks may be wrong about all at once. One healthy server ends it.',
        'dim',
      ),
    ],
  ];
}

function drawHolding({ pool, held }: DemoView['holding'][number]): Line[] {
  const count = held === 1 ? '1 request waits' : `${held} requests wait`;
  return [
    [
      piece(` HELD `, 'inverse', 'yellow'),
      piece(
        `   ${count} for a server of ${pool}: they go on as soon as one listens again, or get a 503 after 10 s`,
        'yellow',
      ),
    ],
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

/** `npm start` as a person meets it: in a terminal, with keys pressed and the screen read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Terminal, processTree, requireTmux } from '../support/terminal.ts';

const DEMO = 'node scripts/start.js';
const SIZE = { columns: 140, rows: 40 };
/** Not `scripts/start.js`, which has started it. */
const DEMO_PROCESS = 'demo/main.ts';
const COLOR = /\u001b\[[0-9;]*3[0-7]/;
const noTmux = requireTmux();
const options = noTmux === null ? {} : { skip: `it needs tmux, and cannot install it: ${noTmux}` };

interface Row {
  readonly name: string;
  readonly isChosen: boolean;
  readonly health: string;
  readonly behavior: string;
  readonly weight: number;
  readonly share: number;
  /** Null: nothing was measured. */
  readonly p50Ms: number | null;
}

const ROW =
  /^(?<chosen>[ ▸]) (?<name>s\d) +a(?:pp|pi) +● (?<health>\w+) +(?<behavior>\S+(?: \S+)*) +(?<weight>[\d.]+) +\d+ +\S* +(?<share>\d+)% +\d+ +(?<p50>\d+|–)/gm;

/** The rows of the table as they stand on the screen. */
function readRows(screen: string): Row[] {
  return [...screen.matchAll(ROW)].map(({ groups }) => {
    const { chosen, name, health, behavior, weight, share, p50 } = groups as Record<string, string>;
    const p50Ms = p50 === '–' ? null : Number(p50);
    return { name, isChosen: chosen === '▸', health, behavior, weight: Number(weight), share: Number(share), p50Ms };
  });
}

async function untilScreen(
  terminal: Terminal,
  what: string,
  says: (screen: string, rows: Row[]) => boolean,
): Promise<void> {
  await terminal.until((screen) => says(screen, readRows(screen)), what);
}

/** A demo that has begun to show figures. */
async function openDemo(env: Readonly<Record<string, string>> = {}): Promise<Terminal> {
  const terminal = await Terminal.start(DEMO, { ...SIZE, env });
  try {
    await untilScreen(terminal, 'five servers have a share each', (_, rows) => {
      return rows.length === 5 && rows.every(({ health, share }) => health === 'healthy' && share > 0);
    });
    return terminal;
  } catch (error) {
    await terminal[Symbol.asyncDispose]();
    throw error;
  }
}

/** The program has ended well, and the terminal is as it was before. */
async function assertGivenBack(terminal: Terminal, shell: number): Promise<void> {
  assert.equal(await terminal.ended(), 0);
  assert.equal(await terminal.ask('alternate_on'), '0');
  assert.equal(await terminal.ask('cursor_flag'), '1');
  assert.match(await terminal.read(), /The demo has ended: \d+ requests in \d+ s, retried \d+, lost \d+/);
  assert.ok(processTree(shell).every((line) => !line.includes(DEMO_PROCESS)));
}

// Each waits more than it works.
describe('the demo on a terminal', { ...options, concurrency: true }, () => {
  test('the demo on a terminal shows a killed server lose its share and a revived one get it back, and ends well on SIGTERM', async () => {
    await using terminal = await openDemo();
    // While it starts on a busy machine an answer may take longer than the demo gives a server.
    await untilScreen(terminal, 'answers come soon', (screen) => /p99 \d{1,3} ms {3}load/.test(screen));
    await terminal.press('2', 'k');
    await untilScreen(terminal, 's2 is killed, seen to be, and without a share', (screen, rows) => {
      const s2 = rows[1];
      const isSeen = s2?.behavior === 'killed' && s2.health !== 'healthy' && s2.share === 0 && s2.isChosen;
      return isSeen && screen.includes('you kill s2') && /s2 is (ejected|unhealthy): .*refused/.test(screen);
    });
    await terminal.press('r');
    await untilScreen(terminal, 's2 is healthy, with a share', (screen, rows) => {
      return rows[1]?.health === 'healthy' && rows[1].share > 0 && /s2 is healthy: (http check|its trial)/.test(screen);
    });
    await untilScreen(terminal, 'retries hide the kill from every client, POSTs under way left out', (screen) => {
      return /since s2 was killed: retried [1-9]\d*, lost (?:0|\d+ \(POST\): a POST .* is never sent twice)\s/.test(
        screen,
      );
    });
    assert.match(await terminal.read(), /retried [1-9]\d*(?: \(\d+ rescued\))? {3}lost (?:0|\d+ \(POST\))/);
    await terminal.press('1', 'k', '2', 'k', '3', 'k');
    await untilScreen(terminal, 'requests wait, since no server of app is left', (screen) => {
      return / HELD +\d+ requests? waits? for a server of app: /.test(screen);
    });
    await terminal.press('r');
    await untilScreen(terminal, 'they have gone on to the server that is back', (screen, rows) => {
      return rows[2]?.share === 100 && !screen.includes('HELD');
    });
    const shell = await terminal.pid();
    const demo = processTree(shell).find((line) => line.includes(DEMO_PROCESS)) ?? assert.fail('the demo runs');
    process.kill(Number.parseInt(demo, 10), 'SIGTERM');
    await assertGivenBack(terminal, shell);
  });

  test('the demo on a terminal shows a slow server keep its share by round-robin and lose it by power-of-two, and ends well on Ctrl-C', async () => {
    await using terminal = await openDemo();
    await terminal.press('Down', 's', 's', 'p');
    await untilScreen(terminal, 's2 is slow, and has a third all the same', (screen, [, s2]) => {
      if (!screen.includes('policy round-robin') || s2?.behavior !== 'slow 520 ms') return false;
      return (s2.p50Ms ?? 0) >= 500 && s2.share >= 28 && s2.share <= 38;
    });
    await terminal.press('p', 'p', 'p');
    await untilScreen(terminal, 's2 is slow, and little is left to it', (screen, [, s2]) => {
      return screen.includes('policy power-of-two') && s2?.behavior === 'slow 520 ms' && s2.share <= 15;
    });
    await terminal.press('1', 'w', 'w');
    await untilScreen(terminal, 's1 weighs 4', (screen, [s1]) => {
      return s1?.weight === 4 && screen.includes('s1 has weight 4');
    });
    const shell = await terminal.pid();
    await terminal.press('C-c');
    await assertGivenBack(terminal, shell);
  });

  test('the demo on a terminal has no colour with NO_COLOR, fits a smaller terminal, and ends well on q', async () => {
    await using terminal = await openDemo({ NO_COLOR: '1' });
    assert.equal(await terminal.ask('alternate_on'), '1');
    assert.equal(await terminal.ask('cursor_flag'), '0');
    assert.doesNotMatch(await terminal.readColored(), COLOR);
    await terminal.resize(60, 18);
    await untilScreen(terminal, 'five servers in 60 columns', (screen) => {
      return (screen.match(/^[ ▸] s\d +● healthy +\d+ .*\d+%/gm) ?? []).length === 5 && !screen.includes('in flight');
    });
    const shell = await terminal.pid();
    assert.ok(processTree(shell).some((line) => line.includes(DEMO_PROCESS)));
    await terminal.press('q');
    await assertGivenBack(terminal, shell);
  });

  test('the demo on a terminal gives the terminal back before an exception is printed', async () => {
    const boom = `data:text/javascript,${encodeURIComponent('process.on("SIGUSR2", () => { throw Error("boom") })')}`;
    await using terminal = await openDemo({ NODE_OPTIONS: `--import=${boom}` });
    const demo = processTree(await terminal.pid()).find((line) => line.includes(DEMO_PROCESS));
    process.kill(Number.parseInt(demo ?? assert.fail('the demo runs'), 10), 'SIGUSR2');
    assert.equal(await terminal.ended(), 1);
    assert.equal(await terminal.ask('alternate_on'), '0');
    assert.equal(await terminal.ask('cursor_flag'), '1');
    assert.match(await terminal.read(), /Error: boom/);
  });
});

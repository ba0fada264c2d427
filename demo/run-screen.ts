/** The demo on a terminal: a table that is drawn anew twice a second, and keys that act on the servers. */
import type { ReadStream } from 'node:tty';
import { Controls } from './controls.ts';
import { Demo } from './demo.ts';
import { describeLost, drawDemo } from './draw-demo.ts';
import { parseKeys } from './keys.ts';
import { readView } from './read-view.ts';
import { Screen } from './screen.ts';
import type { TerminalOutput } from './screen.ts';
import { SAMPLE_MS, StatsHistory } from './stats-history.ts';

const RATE = 100;

/** Until `ended` resolves, or somebody presses q. */
export async function runScreen(ended: Promise<unknown>, output: TerminalOutput, input: ReadStream): Promise<void> {
  const demo = await Demo.start({ temper: 'calm', rate: RATE });
  const screen = new Screen(output, input);
  let summary: string;
  try {
    summary = await play(demo, screen, ended, output, input);
  } finally {
    screen.leave();
    await demo.close();
  }
  console.log(summary);
}

/** Returns what to say at the end. */
async function play(
  demo: Demo,
  screen: Screen,
  ended: Promise<unknown>,
  output: TerminalOutput,
  input: ReadStream,
): Promise<string> {
  const quit = Promise.withResolvers<null>();
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  const controls = new Controls(demo, seconds, () => quit.resolve(null));
  const history = new StatsHistory();
  const draw = (): void => screen.show(drawDemo(readView(demo, controls, history, seconds()), screen));
  const sample = (): void => {
    history.add(performance.now(), demo.balancer.stats());
    draw();
  };
  const onInput = (text: string): void => {
    for (const key of parseKeys(text)) void controls.press(key).then(draw);
    draw();
  };
  const onResize = (): void => {
    screen.forget();
    draw();
  };
  screen.enter();
  output.on('resize', onResize);
  input.setEncoding('utf8').on('data', onInput).on('end', quit.resolve);
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  await Promise.race([ended, quit.promise]);
  clearInterval(timer);
  output.off('resize', onResize);
  input.off('data', onInput).off('end', quit.resolve).pause();
  const { retries, lost } = demo.toll;
  return `The demo has ended: ${history.requests} requests in ${Math.round(seconds())} s, retried ${retries}, ${describeLost(lost)}.`;
}

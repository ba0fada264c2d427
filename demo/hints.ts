/** What to press next, for a user who has pressed nothing for a while: the tour of the demo, one step at a time. */
import type { DemoKey } from './keys.ts';

export interface HintFacts {
  /** Since the start, or since the last key. */
  readonly idleSeconds: number;
  /** What was pressed so far. */
  readonly pressed: ReadonlySet<DemoKey['action']>;
  /** The server that the keys act on. */
  readonly chosen: string;
  /** Servers that are killed, frozen or failing; not those that are slow. */
  readonly harmed: readonly string[];
}

const IDLE_SECONDS = 6;

/** In this order; a step that was done is skipped. */
const STEPS: readonly (readonly [action: DemoKey['action'], words: (chosen: string) => string])[] = [
  [
    'kill',
    (chosen) => `Press k: ${chosen} is killed under load. Its share goes to the others; watch "retried" and "lost".`,
  ],
  [
    'revive',
    (chosen) =>
      `Press r: ${chosen} comes back: with its share after passed checks, or where there are none when a trial has passed.`,
  ],
  [
    'slow',
    (chosen) => `Press s: ${chosen} gets slow. Fewer requests go there, since more are in flight there already.`,
  ],
  ['policy', () => 'Press p: another policy, by a reload under load. round-robin goes on asking the slow one.'],
  [
    'hang',
    (chosen) =>
      `Press h: ${chosen} freezes. It refuses nobody; requests wait there, for 2 s at most, until it is ejected.`,
  ],
  [
    'fail',
    (chosen) => `Press f: ${chosen} answers 503. Those reach clients until it is ejected: an answer is never retried.`,
  ],
];

/** Null: the user is busy, or everything was tried. */
export function nextHint({ idleSeconds, pressed, chosen, harmed }: HintFacts): string | null {
  if (idleSeconds < IDLE_SECONDS) return null;
  // Nothing more can be shown with a server that is gone, frozen or failing.
  if (harmed.includes(chosen)) return STEPS[1][1](chosen);
  const next = STEPS.find(([action]) => !pressed.has(action) && (action !== 'revive' || harmed.length > 0));
  return next === undefined ? null : next[1](chosen);
}

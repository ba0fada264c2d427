/** What a terminal in raw mode sends, as the demo's keys. */

export type DemoKey =
  { readonly action: 'choose'; readonly server: number } | { readonly action: Exclude<SimpleAction, 'choose'> };

type SimpleAction = (typeof ACTIONS)[keyof typeof ACTIONS];

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const ACTIONS = {
  '\u001b[A': 'previous',
  '\u001bOA': 'previous',
  '\u001b[B': 'next',
  '\u001bOB': 'next',
  k: 'kill',
  h: 'hang',
  s: 'slow',
  f: 'fail',
  r: 'revive',
  p: 'policy',
  w: 'weight',
  '+': 'more',
  '=': 'more',
  '-': 'less',
  ' ': 'pause',
  q: 'quit',
  [CTRL_C]: 'quit',
  [CTRL_D]: 'quit',
} as const;

/** An escape sequence (CSI or SS3), or one character. */
const KEY = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001bO[A-Za-z]|[^]/gu;

/** The keys in what was read, in order; one read may hold many. Unknown input is left out. */
export function parseKeys(input: string): DemoKey[] {
  return [...input.matchAll(KEY)].flatMap(([text]): DemoKey[] => {
    if (/^[1-9]$/.test(text)) return [{ action: 'choose', server: Number(text) - 1 }];
    const key = text.length === 1 ? text.toLowerCase() : text;
    return Object.hasOwn(ACTIONS, key) ? [{ action: ACTIONS[key as keyof typeof ACTIONS] }] : [];
  });
}

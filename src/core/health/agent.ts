/**
 * What a server's own agent says of it, in the text protocol of HAProxy's agent-check: one line of words between blanks,
 * tabs and commas, in any case and order, ended by CR or LF. Of words of one kind the last one counts; what is not
 * mentioned stays as it is.
 *
 * | words                            | kind    | meaning                                                                |
 * | -------------------------------- | ------- | ---------------------------------------------------------------------- |
 * | `75%`                            | weight  | this part of the configured weight; more than 100 % is possible        |
 * | `up`, `down`, `stopped`, `fail`  | health  | all but `up` take the endpoint out until the agent says `up`           |
 * | `ready`, `drain`, `maint`        | wish    | nothing new, or nothing at all; only `ready` takes either of them back |
 * | `maxconn:10`                     | limit   | most sockets to the endpoint; 0: none of the agent's                   |
 * | `# text`                         | –       | says why; the rest of the line. A word that `#` is glued to is unknown |
 */

/** What somebody wants of an endpoint, whatever its health. */
export type Standing = 'ready' | 'drain' | 'maintenance';

/** What an agent has said so far. */
export interface AgentState {
  /** Of the configured weight. */
  readonly percent: number;
  readonly standing: Standing;
  readonly isDown: boolean;
  /** Most sockets to the endpoint; 0: the agent sets no limit. */
  readonly maxConnections: number;
}

/** A line and what became of it. */
export interface AgentWord {
  readonly state: AgentState;
  /** What it said of why, else its words. */
  readonly reason: string;
  /** Words that mean nothing here. */
  readonly unknown: readonly string[];
}

export const SILENT_AGENT: AgentState = { percent: 100, standing: 'ready', isDown: false, maxConnections: 0 };

/** As HAProxy: what is beyond is cut. */
const MOST_PERCENT = 25_600;
const MOST_CONNECTIONS = 1_000_000_000;
/** Of a stranger's text, this much is shown. */
const SHOWN = 200;

const STANDINGS: Readonly<Record<string, Standing>> = { ready: 'ready', drain: 'drain', maint: 'maintenance' };
const HEALTHS: Readonly<Record<string, boolean>> = { up: false, down: true, stopped: true, fail: true };

/** `text` as far as it has come. Null while its line has no end: it may go on, and says nothing if it does not. */
export function heedAgent(before: AgentState, text: string): AgentWord | null {
  const end = text.search(/[\r\n]/);
  if (end === -1) return null;
  const line = text.slice(0, end);
  const comment = /(?:^|[ \t,])#(.*)$/.exec(line);
  const said = comment === null ? line : line.slice(0, comment.index);
  const state = { ...before };
  const unknown: string[] = [];
  for (const word of said.split(/[ \t,]+/))
    if (word !== '' && !heedWord(state, word)) unknown.push(word.slice(0, SHOWN));
  const reason = (comment?.[1] ?? '').trim() || said.trim();
  return { state, reason: reason.replaceAll(/\p{C}/gu, ' ').trim().slice(0, SHOWN), unknown };
}

function heedWord(state: { -readonly [Key in keyof AgentState]: AgentState[Key] }, written: string): boolean {
  const word = written.toLowerCase();
  const [, percent] = /^(\d+)%$/.exec(word) ?? [];
  const [, limit] = /^maxconn:(\d+)$/.exec(word) ?? [];
  if (percent !== undefined) state.percent = Math.min(Number(percent), MOST_PERCENT);
  else if (limit !== undefined) state.maxConnections = Math.min(Number(limit), MOST_CONNECTIONS);
  else if (Object.hasOwn(STANDINGS, word)) state.standing = STANDINGS[word];
  else if (Object.hasOwn(HEALTHS, word)) state.isDown = HEALTHS[word];
  else return false;
  return true;
}

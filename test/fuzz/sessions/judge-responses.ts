/** Whether a client got what its endpoint sent, an error of ours, or something that nobody takes for whole. */
import { isResponseException } from '../exceptions.ts';
import type { ReadMessage, ResponseReading } from '../reading.ts';
import { readPlainMessage } from './plain-messages.ts';

export interface ResponseRun {
  readonly method: string;
  readonly isValid: boolean;
  readonly isOldClient: boolean;
  /** The endpoint reset the connection behind its bytes: who was still writing has lost them. */
  readonly isReset: boolean;
  readonly isDisturbed: boolean;
  /** The connection was used again although its answer was broken, or bytes had come behind it. */
  readonly isDirty: boolean;
  /** What Node makes of the endpoint's bytes, and of what the client got. */
  readonly direct: ResponseReading;
  readonly relayed: ResponseReading;
  /** All that the client got before its second request, how the connection ended until then, and what it got after. */
  readonly first: string;
  readonly firstEnd: 'none' | 'end' | 'reset';
  readonly second: string;
  /** What another client got meanwhile; null: there was none, or anything could have happened to it. */
  readonly bystanders: string | null;
}

export interface ResponseVerdict {
  readonly what: string | null;
  readonly isCompared: boolean;
  readonly isRefusedByUs: boolean;
}

const SECOND_ANSWER = /^HTTP\/1\.1 200 OK\r\n(?:[^\r]*\r\n)*\r\n\/second$/;
/** What a client beside the first asks for; its answers say it back. */
export const BYSTANDER_TARGETS = ['/other-1', '/other-2', '/other-3'] as const;
const STATUSES_OF_OURS = /^(?:408|50[234]) /;

export function judgeResponse(run: ResponseRun): ResponseVerdict {
  const { direct, relayed, isDisturbed } = run;
  const isOurs = relayed.message?.passing.some((line) => line.startsWith('Fairlead-Error: ')) === true;
  const isRelayed = relayed.message !== null && !isOurs;
  const isRefusedByUs = direct.message !== null && !isRelayed;
  const what = judgeFirst(run, isOurs) ?? judgeSecond(run) ?? judgeBystander(run.bystanders);
  const isMissing = isRefusedByUs && run.isValid && !isDisturbed && !run.isReset && direct.end !== 'upgraded';
  return { what: what ?? (isMissing ? 'a valid response is refused' : null), isCompared: isRelayed, isRefusedByUs };
}

function judgeFirst(run: ResponseRun, isOurs: boolean): string | null {
  const { direct, relayed } = run;
  const { message } = relayed;
  if (message === null) {
    if (run.firstEnd === 'none' && !run.isDisturbed) return 'the client waits for an answer for ever';
    return null;
  }
  if (isOurs) return STATUSES_OF_OURS.test(message.start) ? null : `an unexpected answer of ours: ${message.start}`;
  // To an old client the interim answer that Node stumbled over is not passed on, so that it cannot be told here.
  if (direct.message === null && (run.isOldClient || isResponseException(relayed, direct, run.method))) return null;
  if (direct.message === null) return `Node refuses it (${direct.end} ${direct.why}), the client takes it for whole`;
  const expected = JSON.stringify(asRelayed(direct.message, run.isOldClient));
  const got = JSON.stringify(withoutDate(message, direct.message));
  if (expected !== got) return `it means something else:\nexpected ${expected}\ngot      ${got}`;
  const interim = run.isOldClient ? [] : direct.informational.map((one) => ({ ...one, start: inVersion11(one.start) }));
  if (JSON.stringify(interim) !== JSON.stringify(relayed.informational)) return 'interim responses differ';
  return null;
}

/** Not a byte of the first answer shows in the place of the second. */
function judgeSecond(run: ResponseRun): string | null {
  const { first, second, relayed } = run;
  if (relayed.message !== null && leftover(run) !== '')
    return `behind the answer came ${JSON.stringify(leftover(run))}`;
  if (run.isDirty) return 'a connection is used again behind bytes that nobody asked for';
  if (run.isDisturbed || second === '' || first === '') return null;
  return SECOND_ANSWER.test(second) ? null : `the second answer is ${JSON.stringify(second)}`;
}

function judgeBystander(text: string | null): string | null {
  if (text === null) return null;
  let at = 0;
  for (const target of BYSTANDER_TARGETS) {
    const answer = readPlainMessage(text, at, false, false);
    if (answer?.body !== target) return `another client was answered ${JSON.stringify(text)}`;
    at = answer.end;
  }
  return at === text.length ? null : `another client got more than its answers: ${JSON.stringify(text.slice(at))}`;
}

function leftover({ first, method, firstEnd }: ResponseRun): string {
  let at = 0;
  for (;;) {
    const interim = first.startsWith('HTTP/1.1 1', at);
    const isBodyless = interim || method === 'HEAD' || /^HTTP\/1\.1 (?:204|304) /.test(first.slice(at, at + 13));
    const message = readPlainMessage(first, at, isBodyless, firstEnd !== 'none');
    if (message === null) return 'an answer that is not whole';
    at = message.end;
    if (!interim) return first.slice(at);
  }
}

function inVersion11(start: string): string {
  return start.replace(/1\.0$/, '1.1');
}

function asRelayed(message: ReadMessage, isOldClient: boolean): ReadMessage {
  return {
    ...message,
    start: inVersion11(message.start),
    passing: [...message.passing, message.start.endsWith('1.0') ? 'Via: 1.0 fairlead' : 'Via: 1.1 fairlead'],
    // HTTP/1.0 has no place for them.
    trailers: isOldClient ? [] : message.trailers,
  };
}

/** Without the Date that is ours: the endpoint sent none. */
function withoutDate(message: ReadMessage, original: ReadMessage): ReadMessage {
  const isDate = (line: string): boolean => /^date:/i.test(line);
  if (original.passing.some(isDate)) return message;
  return { ...message, passing: message.passing.filter((line) => !isDate(line)) };
}

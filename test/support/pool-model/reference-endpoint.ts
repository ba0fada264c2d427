/**
 * One endpoint of the slow reference: what its checks and its traffic amount to, by the words of docs/health.md. Where these
 * leave something open (an ejection lasts its time ± 10 %), more than one state is possible, and what is seen decides.
 */

export type FailureKind = 'connect' | 'timeout' | 'silent' | 'status' | 'reset';
export type State = 'healthy' | 'unhealthy' | 'ejected' | 'trial' | 'draining';

/** The mildest first. */
const STRICTNESS: readonly FailureKind[] = ['connect', 'timeout', 'silent', 'status', 'reset'];
const BASE_MS = 2000;
const MOST_MS = 60_000;
const FORGIVE_MS = 30_000;
const MOST_VOID = 3;
/** For so long only a request that may be repeated is a trial. */
const PATIENCE_MS = 1000;
/** Timers are late by as much. */
const SLACK_MS = 60;

export interface Ejected {
  kind: FailureKind;
  isDown: boolean;
  /** A check of answers has passed while they failed. */
  isBlind: boolean;
  readonly at: number;
  readonly before: number;
  /** Its time is over between these, or its trial has been offered anew between them. */
  earliest: number;
  latest: number;
  /** Its time is over, or was cut short. */
  isOver: boolean;
  voids: number;
}

export class ReferenceEndpoint {
  readonly id: string;
  readonly hasCheck: boolean;
  weight = 1;
  isDrained = false;
  isRemoved = false;
  failures = 0;
  attempts = 0;
  /** Failures in a row, and the strictest of them. */
  row = 0;
  strictest: FailureKind = 'connect';
  failingSince = 0;
  isCheckPassing = true;
  readonly #served = new Set<string>();
  #isTried = false;
  #against = 0;
  #rise = 2;
  #passBeganAt = -Infinity;
  ejected: Ejected | null = null;
  #past: { readonly times: number; readonly at: number } | null = null;
  /** A request is its trial. */
  isTrying = false;
  /** When it was last one that may be picked. */
  servedAt = 0;

  constructor(id: string, hasCheck: boolean) {
    this.id = id;
    this.hasCheck = hasCheck;
  }

  /** The states it may be in now. */
  possible(now: number): readonly State[] {
    if (this.isDrained) return ['draining'];
    if (!this.isCheckPassing) return ['unhealthy'];
    const { ejected } = this;
    if (ejected === null) return ['healthy'];
    // A check that tests what failed brings it back, and nothing else does.
    if (this.isTested(ejected)) return ['ejected'];
    if (ejected.isOver || now > ejected.latest + SLACK_MS) return ['trial'];
    return now < ejected.earliest - SLACK_MS ? ['ejected'] : ['ejected', 'trial'];
  }

  mayServe(now: number): boolean {
    return this.possible(now).includes('healthy');
  }

  isTested({ kind, isDown, isBlind }: Ejected): boolean {
    if (!this.hasCheck) return false;
    return kind === 'connect' || isDown || ((kind === 'silent' || kind === 'timeout') && !isBlind);
  }

  /** What it is seen to be narrows down what it may be. */
  seen(state: State, now: number): void {
    const { ejected } = this;
    if (ejected === null || ejected.isOver) return;
    if (state === 'ejected') ejected.earliest = Math.max(ejected.earliest, now);
    if (state !== 'trial') return;
    ejected.isOver = true;
    ejected.latest = Math.min(ejected.latest, now);
  }

  /** Whether the trial takes any request by now; null: it cannot be told. */
  takesAny(now: number): boolean | null {
    if (this.ejected === null) return false;
    const { earliest, latest } = this.ejected;
    if (now < earliest + PATIENCE_MS - SLACK_MS) return false;
    return now > latest + PATIENCE_MS + SLACK_MS ? true : null;
  }

  /** The trial is offered, from its beginning. */
  offer(now: number): void {
    this.isTrying = false;
    if (this.ejected === null) return;
    this.ejected.isOver = true;
    this.ejected.earliest = now;
    this.ejected.latest = now;
  }

  // ——— checks

  checked(isPass: boolean, now: number): void {
    if (!this.#isTried) this.#set(isPass, now);
    else if (isPass === this.isCheckPassing) this.#against = 0;
    else if (++this.#against >= (isPass ? this.#rise : 3)) this.#set(isPass, now);
    this.#isTried = true;
    if (!isPass) return;
    this.#passBeganAt = now;
    const { ejected } = this;
    if (ejected !== null && this.isCheckPassing && now >= ejected.at && this.isTested(ejected)) this.returned(now);
  }

  #set(isPass: boolean, now: number): void {
    if (isPass && !this.isCheckPassing && this.ejected?.isOver === true) this.offer(now);
    this.isCheckPassing = isPass;
    if (!isPass) this.isTrying = false;
    this.#against = 0;
    this.#rise = 2;
  }

  /** It refused connects and has taken one: the next pass decides, and without a check a trial. */
  opened(now: number): void {
    if (!this.hasCheck) {
      if (this.ejected?.isOver === false) this.offer(now);
    } else if (!this.isCheckPassing) this.#rise = 1;
  }

  // ——— traffic

  succeeded(method: string): void {
    this.row = 0;
    this.#served.add(method);
  }

  /** Whether a close in answer to such a request says anything: a method that nothing has succeeded with may be unknown there. */
  isEvidence(method: string): boolean {
    return method === 'GET' || this.#served.has(method) || this.#served.size === 0;
  }

  /** `beganAt`: when that attempt began. */
  /** `atOnce`: so many in a row eject, by the strictest kind among them. */
  failed(kind: FailureKind, beganAt: number, atOnce: number): void {
    this.failures++;
    if (this.row === 0) this.failingSince = beganAt;
    if (this.row % atOnce === 0) this.strictest = 'connect';
    this.row++;
    if (STRICTNESS.indexOf(kind) > STRICTNESS.indexOf(this.strictest)) this.strictest = kind;
  }

  // ——— ejection

  eject(kind: FailureKind, isDown: boolean, now: number, before = this.#timesLeft(now)): void {
    const durationMs = Math.min(MOST_MS, BASE_MS * 2 ** before);
    this.ejected = {
      kind,
      isDown,
      isBlind: this.#passBeganAt >= this.failingSince,
      at: now,
      before,
      earliest: now + durationMs * 0.9,
      latest: now + durationMs * 1.1,
      isOver: false,
      voids: 0,
    };
  }

  /** What failed is over. */
  returned(now: number): void {
    this.isTrying = false;
    if (this.ejected === null) return;
    this.#past = { times: this.ejected.before + 1, at: now };
    this.ejected = null;
    this.row = 0;
  }

  trialFailed(kind: FailureKind, isDown: boolean, now: number): void {
    this.isTrying = false;
    if (this.ejected !== null) this.eject(kind, isDown, now, this.ejected.before + 1);
  }

  trialVoid(now: number): void {
    const { ejected } = this;
    if (ejected === null) return;
    this.offer(now);
    if (++ejected.voids >= MOST_VOID) this.trialFailed(ejected.kind, ejected.isDown, now);
  }

  #timesLeft(now: number): number {
    if (this.#past === null) return 0;
    return Math.max(0, this.#past.times - Math.floor((now - this.#past.at) / FORGIVE_MS));
  }
}

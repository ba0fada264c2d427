/**
 * The slow reference of a pool: it hears what its servers and checks do, and says in which state each endpoint may be, and
 * where a request may go. It knows nothing of how Fairlead comes to the same.
 */
import assert from 'node:assert/strict';
import { ReferenceEndpoint } from './reference-endpoint.ts';
import type { FailureKind, State } from './reference-endpoint.ts';

const COMMON: ReadonlySet<FailureKind> = new Set(['status', 'timeout']);
/** What was looked at last may be a second older than ten. */
const RECENT_MS = 10_000;
const LOOK_MS = 1200;

/** Has failed often enough to be ejected. */
interface Reached {
  readonly at: number;
  readonly kind: FailureKind;
  readonly isDown: boolean;
}

/** What an attempt's request is to a trial. */
export type Fitness = 'fit' | 'late' | 'failed';

type Verdict = 'yes' | 'no' | 'open';

interface Met {
  readonly at: number;
  readonly endpoint: string;
  readonly isCommon: boolean;
}

export class ReferencePool {
  readonly endpoints = new Map<string, ReferenceEndpoint>();
  readonly #failures: number;
  readonly #hasCheck: boolean;
  #met: Met[] = [];
  /** Who may have been ejected by what was just seen, where the rules leave it open. */
  readonly #doubtful = new Map<ReferenceEndpoint, () => void>();
  /** What a state that is seen would mean, where it is left open what has happened. */
  readonly #unsure = new Map<ReferenceEndpoint, { readonly state: State; readonly apply: () => void }>();
  /** Those of one moment: nobody can tell which of them is judged first. */
  readonly #reached = new Map<ReferenceEndpoint, Reached>();
  /** One of each of these has to be ejected. */
  #oneOf: (readonly ReferenceEndpoint[])[] = [];

  constructor(failures: number, hasCheck: boolean) {
    this.#failures = failures;
    this.#hasCheck = hasCheck;
  }

  add(id: string): void {
    this.endpoints.set(id, new ReferenceEndpoint(id, this.#hasCheck));
  }

  remove(id: string): void {
    const endpoint = this.endpoints.get(id);
    if (endpoint !== undefined) endpoint.isRemoved = true;
    this.endpoints.delete(id);
    this.#met = this.#met.filter((met) => met.endpoint !== id);
  }

  #may(now: number): readonly ReferenceEndpoint[] {
    return [...this.endpoints.values()].filter((endpoint) => endpoint.mayServe(now));
  }

  // ——— where requests go

  /**
   * An attempt has begun at this endpoint. Returns whether it is its trial: `fit`: it may be, once its turn has come;
   * `failed`: its request has failed elsewhere, so that it is none, and who is left for it is not known. `refuses`: who
   * takes no connects.
   */
  attempted(endpoint: ReferenceEndpoint, fitness: Fitness, refuses: (id: string) => boolean, now: number): boolean {
    this.#judge(now);
    endpoint.attempts++;
    this.#met.push({ at: now, endpoint: endpoint.id, isCommon: false });
    if (endpoint.isRemoved || endpoint.mayServe(now) || endpoint.servedAt === now || fitness === 'failed') return false;
    const states = endpoint.possible(now);
    const others = this.#may(now).filter(({ id }) => !refuses(id));
    // Panic: where nobody may serve anybody may be tried.
    const isLastResort = others.length === 0;
    const takesIt = fitness === 'fit' || endpoint.takesAny(now) === true || !isLastResort;
    if (states.includes('trial') && !endpoint.isTrying && takesIt) {
      endpoint.seen('trial', now);
      endpoint.isTrying = true;
      return true;
    }
    const names = others.map(({ id }) => id).join(', ');
    assert.ok(isLastResort, `${endpoint.id}, which is ${states.join('/')}, got a request, and ${names} could serve`);
    return false;
  }

  /** To be called when something has changed: until this moment those were ones that may be picked. */
  noteServing(now: number): void {
    for (const endpoint of this.#may(now)) endpoint.servedAt = now;
  }

  // ——— what traffic meets

  failed(endpoint: ReferenceEndpoint, kind: FailureKind, isDown: boolean, beganAt: number, now: number): void {
    this.#judge(now);
    this.noteServing(now);
    if (COMMON.has(kind)) this.#met.push({ at: now, endpoint: endpoint.id, isCommon: true });
    endpoint.failed(kind, beganAt, this.#failures);
    if (endpoint.row % this.#failures !== 0) return;
    const mayBe = this.#mayBeEjected(endpoint, isDown, now);
    if (mayBe === 'no') return;
    const { strictest } = endpoint;
    if (COMMON.has(strictest)) this.#reached.set(endpoint, { at: now, kind: strictest, isDown });
    else if (mayBe === 'yes') endpoint.eject(strictest, isDown, now);
    else this.#doubtful.set(endpoint, () => endpoint.eject(strictest, isDown, now));
  }

  /** Where the endpoint is seen to be in this state next, and could not be, this has happened. */
  doubt(endpoint: ReferenceEndpoint, state: State, apply: () => void): void {
    this.#unsure.set(endpoint, { state, apply });
  }

  /** Those that have come to the number before now; all of them where nothing more of this moment can come. */
  #judge(now: number, isOver = false): void {
    const due = [...this.#reached].filter(([{ isRemoved }, { at }]) => !isRemoved && (isOver || at < now));
    const sure: ReferenceEndpoint[] = [];
    for (const [endpoint, { at, kind, isDown }] of due) {
      this.#reached.delete(endpoint);
      const verdict = this.#isOutlier(endpoint, at);
      const eject = (): void => endpoint.eject(kind, isDown, at);
      const isSure = verdict === 'yes' && this.#mayBeEjected(endpoint, isDown, at) === 'yes';
      if (isSure) sure.push(endpoint);
      if (isSure && due.length === 1) eject();
      else if (verdict !== 'no') this.#doubtful.set(endpoint, eject);
    }
    if (due.length > 1 && sure.length > 0) this.#oneOf.push(sure);
  }

  /** Whether enough others are left: with those of whom it is not known, and without them. */
  #mayBeEjected(endpoint: ReferenceEndpoint, isDown: boolean, now: number): Verdict {
    if (endpoint.ejected !== null || !endpoint.mayServe(now)) return 'no';
    const doubted = [...this.#doubtful.keys(), ...this.#reached.keys()].filter((other) => other !== endpoint);
    const isEnough = (isOut: (other: ReferenceEndpoint) => boolean): boolean => {
      if (this.#may(now).filter((other) => !isOut(other)).length <= 1) return false;
      const out = [...this.endpoints.values()].filter((other) => other.ejected?.isDown === false || isOut(other));
      return isDown || (out.length + 1) * 2 <= this.endpoints.size;
    };
    if (!isEnough(() => false)) return 'no';
    return isEnough((other) => doubted.includes(other)) ? 'yes' : 'open';
  }

  /**
   * Whether the others fail alike, which the chance of few failures may leave open, and so do failures of others in the same
   * moment: they may be known already, or not yet.
   */
  #isOutlier(endpoint: ReferenceEndpoint, now: number): Verdict {
    const [before, after] = [false, true].map((isAfter) => this.#isOutlierAmong(endpoint, now, isAfter));
    return before === after ? before : 'open';
  }

  #isOutlierAmong(endpoint: ReferenceEndpoint, now: number, countsMoment: boolean): Verdict {
    const met = this.#met.filter(({ at, endpoint: id }) => countsMoment || at < now || id === endpoint.id);
    const recent = (isOwn: boolean, ms: number): { attempts: number; common: number } => {
      const own = met.filter(({ at, endpoint: id }) => at >= now - ms && (id === endpoint.id) === isOwn);
      const common = own.filter(({ isCommon }) => isCommon).length;
      return { attempts: Math.max(common, own.length - common), common };
    };
    if (recent(false, RECENT_MS + LOOK_MS).common === 0) return 'yes';
    const areCommon = [RECENT_MS, RECENT_MS + LOOK_MS].map((ms) => {
      const [own, others] = [recent(true, ms), recent(false, ms)];
      return others.common / others.attempts > (0.5 * own.common) / own.attempts;
    });
    return areCommon.every(Boolean) && recent(false, RECENT_MS).common > 0 ? 'no' : 'open';
  }

  checked(endpoint: ReferenceEndpoint, isPass: boolean, now: number): void {
    this.#judge(now);
    this.noteServing(now);
    endpoint.checked(isPass, now);
  }

  drained(endpoint: ReferenceEndpoint, isDrained: boolean, now: number): void {
    if (isDrained === endpoint.isDrained) return;
    this.#judge(now);
    this.noteServing(now);
    endpoint.isDrained = isDrained;
    if (!isDrained && endpoint.ejected?.isOver === true) endpoint.offer(now);
    if (isDrained) endpoint.isTrying = false;
  }

  /** It cannot be told which requests a trial takes now. */
  isUnsure(now: number): boolean {
    return [...this.endpoints.values()].some((endpoint) => endpoint.takesAny(now) === null);
  }

  // ——— comparison

  /** Compares with what is seen, and takes over what was open. */
  compare(seen: ReadonlyMap<string, State>, now: number): void {
    this.#judge(now, true);
    for (const [id, endpoint] of this.endpoints) {
      const state = seen.get(id) as State;
      const eject = this.#doubtful.get(endpoint);
      if (eject !== undefined && endpoint.ejected === null && (state === 'ejected' || state === 'trial')) eject();
      // Out for another reason, it does not show whether it is ejected as well.
      if (state !== 'unhealthy' && state !== 'draining') this.#doubtful.delete(endpoint);
      const unsure = this.#unsure.get(endpoint);
      if (unsure?.state === state && !endpoint.possible(now).includes(state)) unsure.apply();
      const possible = endpoint.possible(now);
      assert.ok(possible.includes(state), `${id} is ${state}, not ${possible.join('/')}`);
      endpoint.seen(state, now);
    }
    this.#unsure.clear();
    for (const sure of this.#oneOf)
      assert.ok(
        sure.some((endpoint) => endpoint.ejected !== null || endpoint.isRemoved || this.#doubtful.has(endpoint)),
        `none of ${sure.map(({ id }) => id).join(', ')} is ejected`,
      );
    this.#oneOf = [];
    this.#met = this.#met.filter(({ at }) => at >= now - 2 * RECENT_MS);
    this.noteServing(now);
  }
}

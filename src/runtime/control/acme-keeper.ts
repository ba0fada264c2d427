/**
 * Gets certificates and renews them: one order after another, once the listeners that they are for can be reached. It
 * wakes when one is due, and at least every hour, since clocks of machines jump. A failure waits longer each time, and
 * is told at most once a day.
 */
import { AcmeError } from '../../certificates/acme/acme-error.ts';
import type { OpenChallenge } from '../../certificates/acme/authorization.ts';
import { cureFor } from '../../certificates/acme/cure-for.ts';
import { CertificateMaker, describeMissing } from '../../certificates/acme/certificate-maker.ts';
import { obtainCertificate } from '../../certificates/acme/obtain.ts';
import { OwnCertificates, findOwned } from '../../certificates/acme/own-certificates.ts';
import { renewalTime, waitAfterFailure } from '../../certificates/acme/schedule.ts';
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Settings } from '../../core/settings.ts';
import type { Challenges } from '../shared/challenges.ts';
import { CertificateError } from './certificate-error.ts';
import type { CertificateEvent } from './certificate-event.ts';
import { planJobs } from './certificate-jobs.ts';
import type { CertificateJob, CertificateJobs } from './certificate-jobs.ts';
import { StateLock } from './state-lock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Otherwise one would be asked for every minute. */
const ALREADY_OLD = 'one has come that would have to be renewed at once: look at the clock of this machine';

export interface AcmeKeeperOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** False: no authority is asked. */
  readonly mayAsk: boolean;
  /** Resolves when every thread answers these challenges, and no others. */
  place(challenges: Challenges): Promise<void>;
  /** A certificate has come, and lies where it is looked for. */
  onStored(): void;
  onEvent(event: CertificateEvent): void;
}

export class AcmeKeeper {
  readonly #options: AcmeKeeperOptions;
  /** Of the config that was read last, and of the one that holds. */
  #prepared: OwnCertificates | null = null;
  #own: OwnCertificates | null = null;
  #stateDir = '';
  #jobs: CertificateJobs = new Map();
  #lock: StateLock | null = null;
  /** Monotonic. */
  #lockSaidAt = -Infinity;
  #giveUp = new AbortController();
  #running: CertificateJob | null = null;
  #cancelWake: Cancel | null = null;
  #isBusy = false;
  /** It was woken while it was busy: there is something that it may not have seen. */
  #isOtherSince = false;
  #isClosed = false;

  constructor(options: AcmeKeeperOptions) {
    this.#options = options;
  }

  /** What there is by these settings. Changes nothing. Rejects with a {@link CertificateError} where nothing could be made. */
  async prepare({ stateDir, acme }: Pick<Settings, 'stateDir' | 'acme'>): Promise<OwnCertificates | null> {
    if (acme === null) return null;
    const known = this.#own;
    if (known !== null && this.#stateDir === stateDir && JSON.stringify(known.spec) === JSON.stringify(acme)) {
      this.#prepared = known;
      return known;
    }
    const maker = known?.maker ?? (await CertificateMaker.load());
    if (maker === null) {
      throw new CertificateError([{ owner: '', key: 'acme', ...describeMissing() }]);
    }
    this.#prepared = new OwnCertificates(stateDir, acme, maker);
    return this.#prepared;
  }

  /** From now on these certificates are kept up to date. Their listeners can be reached. */
  follow(config: Config): void {
    const own = config.listeners.some(({ tls }) => (tls?.acme.length ?? 0) > 0) ? this.#prepared : null;
    const isSame = own === this.#own;
    if (!isSame) this.#release();
    this.#own = own;
    this.#stateDir = config.settings.stateDir;
    this.#jobs = own === null ? new Map() : planJobs(config, isSame ? this.#jobs : new Map());
    if (this.#running !== null && !this.#isWanted(this.#running)) this.#abandon();
    if (!this.#options.mayAsk) this.#sayNobodyAsked();
    else this.#wakeIn(0);
  }

  /** Certificates that could not be got, and are still to come. */
  get troubles(): readonly CertificateEvent[] {
    return [...this.#jobs.values()]
      .filter(({ failures }) => failures > 0)
      .flatMap((job) => {
        const tried = `It is tried again at ${new Date(this.#now() + this.#restOf(job)).toISOString()}.`;
        return this.#toEvents(job, 'not-issued', notGot(job, tried));
      });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWake?.();
    this.#abandon();
    this.#release();
  }

  // ———

  #release(): void {
    this.#lock?.release();
    this.#lock = null;
  }

  /** The order under way is not wanted any more. */
  #abandon(): void {
    this.#giveUp.abort();
    this.#giveUp = new AbortController();
  }

  #wakeIn(ms: number): void {
    this.#cancelWake?.();
    this.#cancelWake = this.#options.scheduler.after(Math.min(ms, HOUR_MS), () => void this.#wake());
  }

  async #wake(): Promise<void> {
    this.#isOtherSince = this.#isBusy;
    if (this.#isBusy || this.#isClosed) return;
    this.#isBusy = true;
    await this.#work().catch((error: unknown) => this.#sayFault(error));
    this.#isBusy = false;
    if (this.#isClosed || this.#jobs.size === 0) return;
    if (this.#isOtherSince) this.#wakeIn(0);
    else this.#sleep();
  }

  #sleep(): void {
    const ms = Math.min(...[...this.#jobs.values()].map((job) => this.#restOf(job)));
    // What is still due waits for the lock.
    this.#wakeIn(ms > 0 ? ms : MINUTE_MS);
  }

  /** How long there is nothing to do for it, as far as is known, ms; not above 0: it is due. */
  #restOf({ dueAt, retryAt }: CertificateJob): number {
    return Math.max(dueAt - this.#now(), retryAt - this.#options.clock.now());
  }

  async #work(): Promise<void> {
    for (const job of this.#jobs.values()) {
      const own = this.#own;
      if (own === null || job.retryAt > this.#options.clock.now() || !(await this.#isDue(job, own))) continue;
      // Another config may hold since then.
      if (!this.#isWanted(job) || own !== this.#own || !(await this.#hasLock(job))) return;
      if (this.#isWanted(job) && own === this.#own) await this.#run(job, own);
    }
  }

  #isWanted(job: CertificateJob): boolean {
    return !this.#isClosed && this.#jobs.get(job.key) === job;
  }

  /** Another process may have renewed it, or it may have been removed. */
  async #isDue(job: CertificateJob, own: OwnCertificates): Promise<boolean> {
    const { certificates, uncovered } = await findOwned(own.storage, job.names, this.#now());
    const file = own.storage.fileOf(job.names);
    const found = uncovered.length === 0 ? certificates.find((certificate) => certificate.file === file) : undefined;
    if (found === undefined) {
      job.fingerprint = '';
      job.dueAt = 0;
      return true;
    }
    if (found.fingerprint !== job.fingerprint) {
      job.fingerprint = found.fingerprint;
      job.dueAt = renewalTime(found, this.#options.random);
    }
    if (job.dueAt <= this.#now()) return true;
    // It may be another process that has got it.
    Object.assign(job, { failures: 0, why: '', retryAt: 0, saidAt: -Infinity });
    return false;
  }

  async #run(job: CertificateJob, own: OwnCertificates): Promise<void> {
    const options = this.#options;
    const { signal } = this.#giveUp;
    const { spec, storage, maker } = own;
    this.#running = job;
    try {
      await obtainCertificate(job.names, {
        ...{ spec, storage, maker, signal },
        challenge: job.challenge,
        wallTime: () => options.clock.wallTime(),
        place: async (open) => options.place(await this.#toChallenges(open, own)),
        wait: (ms) => this.#wait(ms, signal),
      });
      options.onStored();
      // It is planned by the certificate that has come.
      if (await this.#isDue(job, own)) throw new AcmeError(ALREADY_OLD);
    } catch (error) {
      if (!signal.aborted) this.#failed(job, error);
    } finally {
      this.#running = null;
    }
  }

  #failed(job: CertificateJob, error: unknown): void {
    const waitMs = waitAfterFailure(++job.failures, error instanceof AcmeError ? error.retryAfterMs : 0);
    const now = this.#options.clock.now();
    job.retryAt = now + waitMs;
    job.why = error instanceof AcmeError ? error.message : String(error);
    if (now - job.saidAt < DAY_MS) return;
    job.saidAt = now;
    const tried = `It is tried again in ${inWords(waitMs)}, and then less and less often.`;
    this.#say(job, 'not-issued', notGot(job, tried));
  }

  async #toChallenges(open: readonly OpenChallenge[], { maker }: OwnCertificates): Promise<Challenges> {
    const tokens = open.filter(({ kind }) => kind === 'http-01');
    const shown = open.filter(({ kind }) => kind === 'tls-alpn-01');
    const certificates = shown.map(async ({ name, keyAuthorization }) => {
      return [name, await maker.answer(name, keyAuthorization, this.#now())] as const;
    });
    return {
      tokens: new Map(tokens.map(({ token, keyAuthorization }) => [token, keyAuthorization])),
      certificates: new Map(await Promise.all(certificates)),
    };
  }

  async #hasLock(job: CertificateJob): Promise<boolean> {
    if (this.#lock?.isHeld === true) return true;
    const { lock, heldBy } = await StateLock.take(this.#stateDir).catch((error: unknown) => {
      this.#failed(job, error instanceof Error && 'code' in error ? new AcmeError(unwritable(error)) : error);
      return { lock: null, heldBy: -1 };
    });
    // Closed meanwhile: nobody would give it back.
    if (this.#isClosed) lock?.release();
    else this.#lock = lock;
    if (lock === null && heldBy >= 0) this.#sayLocked(job, heldBy);
    return !this.#isClosed && lock !== null;
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const cancel = this.#options.scheduler.after(ms, () => resolve(undefined));
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    });
  }

  #now(): number {
    return this.#options.clock.wallTime();
  }

  // ——— what is told

  #say(job: CertificateJob, change: CertificateEvent['change'], message: string): void {
    for (const event of this.#toEvents(job, change, message)) this.#options.onEvent(event);
  }

  /** One for each listener. */
  #toEvents(
    { names, listeners }: CertificateJob,
    change: CertificateEvent['change'],
    message: string,
  ): readonly CertificateEvent[] {
    const file = this.#own?.storage.fileOf(names) ?? '';
    return listeners.map((listener) => ({ listener, pool: null, change, file, message }));
  }

  #sayNobodyAsked(): void {
    for (const job of this.#jobs.values()) this.#say(job, 'warning', 'No authority is asked for certificates here.');
  }

  #sayLocked(job: CertificateJob, heldBy: number): void {
    const now = this.#options.clock.now();
    if (now - this.#lockSaidAt < DAY_MS) return;
    this.#lockSaidAt = now;
    const who = heldBy === 0 ? 'another process' : `process ${heldBy}`;
    const message = `${who} gets the certificates in ${this.#stateDir}: this one serves what is there, and asks for none as long as that runs.`;
    this.#say(job, 'warning', message);
  }

  /** A bug of ours: the jobs wait as after any failure. */
  #sayFault(error: unknown): void {
    for (const job of this.#jobs.values()) if (this.#restOf(job) <= 0) this.#failed(job, error);
  }
}

/** `tried`: when the next one is asked for, a sentence. */
function notGot({ names, why }: CertificateJob, tried: string): string {
  const message = `no certificate for ${names.join(', ')} could be got: ${why}. ${tried}`;
  const cure = cureFor(why);
  return cure === '' ? message : `${message} ${cure}`;
}

function unwritable(error: Error): string {
  return `stateDir cannot be written to (${'code' in error ? String(error.code) : error.message})`;
}

/** `4 min`, `12 h`. */
function inWords(ms: number): string {
  return ms < HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Math.round(ms / HOUR_MS)} h`;
}

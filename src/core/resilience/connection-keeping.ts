/**
 * What one thread has learned of how an endpoint keeps its connections. Some servers close after each answer without
 * saying so, earlier than others, or during a request. A request that may be sent twice is not harmed by that; for one
 * that must not, a kept connection is then worse than a new one.
 *
 * **May one be trusted** with such a request? Only one of an endpoint that has proved to keep them: a reuse has
 * succeeded, or a connection has been idle for 100 ms. A close earlier than that undoes the proof; a close during a
 * request undoes it for 60 s, renewed by each further one, since a server that drops half of its connections would
 * otherwise prove itself with the other half.
 *
 * **How long may one lie idle?** Two closes by the server within 10 s make it 0.8 × the younger age at which they
 * happened, at least 100 ms; 60 s without a further one double that, until it is what the config says. Nothing is
 * learned from three closes within a second, or a refused connect close to them, which are a restart; nor from an age
 * under 20 ms, which is a limit on requests per connection.
 */

/** An idle connection of this age shows that the endpoint keeps them. */
export const PROOF_MS = 100;
/** For how long a close during a request outweighs all proof. */
const DISTRUST_MS = 60_000;
/** The idle timeout never gets shorter than this. */
const MIN_TAUGHT_MS = 20;
/** Two closes within this time are needed to learn from them. */
const PAIR_MS = 10_000;
/** Three closes within this time are a restart. */
const RESTART_MS = 1000;
const MARGIN = 0.8;
const MIN_LIMIT_MS = 100;
/** This long without a close doubles the time that was learned. */
const RELEARN_MS = 60_000;

/** A close of an idle connection by its server. */
interface Close {
  readonly at: number;
  readonly age: number;
}

export class ConnectionKeeping {
  #isProved = false;
  #distrustedUntil = -Infinity;
  /** The last two closes to learn from, older first. */
  #closes: readonly Close[] = [];
  #restartUntil = -Infinity;
  /** The time that was learned, ms; 0: none. */
  #limitMs = 0;
  #learnedAt = 0;
  /** The time before it, in case this turns out to have been a restart. */
  #limitBeforeMs = 0;

  /** Whether a request that must not be sent twice may take a kept connection. */
  isTrusted(now: number): boolean {
    return this.#isProved && now >= this.#distrustedUntil;
  }

  /** Whether nothing has proved yet that the endpoint keeps its connections. */
  get lacksProof(): boolean {
    return !this.#isProved;
  }

  /** A connection has lain idle for {@link PROOF_MS}, and its end had not come by then. */
  laidIdle(): void {
    this.#isProved = true;
  }

  /** How long a connection may lie idle of the `configuredMs`. */
  idleLimit(configuredMs: number, now: number): number {
    if (this.#limitMs === 0) return configuredMs;
    const limitMs = this.#limitMs * 2 ** Math.floor((now - this.#learnedAt) / RELEARN_MS);
    if (limitMs < configuredMs) return limitMs;
    this.#limitMs = 0;
    return configuredMs;
  }

  /** A request on a kept connection has been answered. */
  reused(): void {
    this.#isProved = true;
  }

  /** The server closed a kept connection during a request, before any byte of an answer. */
  closedUnderRequest(now: number): void {
    this.#isProved = false;
    this.#distrustedUntil = now + DISTRUST_MS;
  }

  /** The server closed an idle connection, and had not said so. */
  closedIdle(ageMs: number, now: number): void {
    if (ageMs < PROOF_MS) this.#isProved = false;
    if (ageMs < MIN_TAUGHT_MS) return;
    const closes = this.#closes;
    this.#closes = [...closes.slice(-1), { at: now, age: ageMs }];
    const isThird = closes.length === 2 && now - closes[0].at < RESTART_MS;
    if (isThird || now < this.#restartUntil) this.#restarted(now);
    else if (closes.length > 0) this.#learn(closes[closes.length - 1], { at: now, age: ageMs });
  }

  /** A connect was refused. */
  refused(now: number): void {
    this.#restarted(now);
  }

  #learn(one: Close, other: Close): void {
    if (other.at - one.at > PAIR_MS) return;
    this.#limitBeforeMs = this.#limitMs;
    this.#limitMs = Math.max(MIN_LIMIT_MS, MARGIN * Math.min(one.age, other.age));
    this.#learnedAt = other.at;
  }

  #restarted(now: number): void {
    this.#restartUntil = now + RESTART_MS;
    if (this.#limitMs > 0 && now - this.#learnedAt < RESTART_MS) this.#limitMs = this.#limitBeforeMs;
  }
}

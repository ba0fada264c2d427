/**
 * Which hosts an endpoint has answered lately. Some servers close on a Host that they do not know (nginx: `return 444`),
 * and a client chooses the Host: anybody could take a healthy server out with five requests. So a close and a malformed
 * answer count only for a host that has had an answer of that endpoint within the last {@link LATELY_MS}, or as long as
 * none has had one. Each thread goes by what it has seen itself.
 *
 * Hosts are numbers that a stranger cannot foresee. Most endpoints have one, which needs no table. Of more, those that
 * share a place in it drive each other out: of a pool with many hosts some are known at any time, and by their failures
 * the endpoint is judged.
 */
import { LATELY_MS } from './request-kinds.ts';

const PLACES = 64;

interface Table {
  readonly hosts: Int32Array;
  readonly servedAt: Float64Array;
}

export class HostsServed {
  /** The one that was served last; 0: none, or none that a client has chosen. */
  #host = 0;
  #servedAt = -Infinity;
  /** Those before it, each at the place that its number says. */
  #others: Table | null = null;

  /** `host`: an Int32; 0: not chosen by a client. */
  served(host: number, now: number): void {
    if (host !== this.#host) this.#change(host);
    this.#servedAt = now;
  }

  #change(host: number): void {
    const before = this.#host;
    this.#host = host;
    if (before === 0) return;
    this.#others ??= { hosts: new Int32Array(PLACES), servedAt: new Float64Array(PLACES) };
    this.#others.hosts[before & (PLACES - 1)] = before;
    this.#others.servedAt[before & (PLACES - 1)] = this.#servedAt;
  }

  /** Whether a close or a malformed answer to a request for this host says anything about the endpoint. */
  isEvidence(host: number, now: number): boolean {
    if (host === 0 || host === this.#host || now - this.#servedAt >= LATELY_MS) return true;
    if (this.#others === null) return false;
    const at = host & (PLACES - 1);
    return this.#others.hosts[at] === host && now - this.#others.servedAt[at] < LATELY_MS;
  }
}

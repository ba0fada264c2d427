/**
 * What a failure says about an endpoint depends on the request, which the client chooses: some servers close on a
 * method they do not know, on `OPTIONS *`, on a Range, or on an upgrade of a path that has none. Anybody could take a
 * healthy server out by sending such requests. So a close and a malformed answer count only where a request of that kind
 * has succeeded at that endpoint within the last {@link LATELY_MS}. Each thread goes by what it has seen itself.
 *
 * A plain GET always counts: every server has to know it (RFC 9110, 9.1). A POST and an upgrade count as well while
 * nothing at all has succeeded, so that a pool which gets no other requests can lose a server that is broken from its
 * start.
 */

/** Those registered at IANA, and PURGE of the caches. Other names are not remembered: a client could make up any number. */
const METHODS: readonly string[] = (
  'GET POST HEAD PUT DELETE PATCH OPTIONS TRACE CONNECT QUERY ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK ' +
  'LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PRI PROPFIND PROPPATCH PURGE REBIND ' +
  'REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL'
).split(' ');

const GET = 0;
const POST = 1;
const UNKNOWN = METHODS.length;
const WHOLE_SERVER = UNKNOWN + 1;
const RANGE = UNKNOWN + 2;
const UPGRADE = UNKNOWN + 3;
const ANY = UNKNOWN + 4;

/** The kind is the method's number plus these. */
const METHOD_BITS = 0x3f;
const IS_WHOLE_SERVER = 0x40;
const HAS_RANGE = 0x80;
const IS_UPGRADE = 0x100;

const NUMBERS: ReadonlyMap<string, number> = new Map(METHODS.map((method, number) => [method, number]));

/** A success counts for this long. */
export const LATELY_MS = 600_000;

/** The kind of a request, as a small number. */
export function requestKind(method: string, target: string, hasRange: boolean, isUpgrade = false): number {
  const number = NUMBERS.get(method) ?? UNKNOWN;
  return number | (target === '*' ? IS_WHOLE_SERVER : 0) | (hasRange ? HAS_RANGE : 0) | (isUpgrade ? IS_UPGRADE : 0);
}

/** Of an upgrade that was answered otherwise than by switching: as if there had been none. */
export function withoutUpgrade(kind: number): number {
  return kind & ~IS_UPGRADE;
}

/** When requests of each kind last succeeded at one endpoint. */
export class KindsServed {
  readonly #servedAt = new Float64Array(ANY + 1).fill(-Infinity);

  served(kind: number, now: number): void {
    const at = this.#servedAt;
    at[kind & METHOD_BITS] = now;
    at[ANY] = now;
    if (kind <= METHOD_BITS) return;
    if ((kind & IS_WHOLE_SERVER) !== 0) at[WHOLE_SERVER] = now;
    if ((kind & HAS_RANGE) !== 0) at[RANGE] = now;
    if ((kind & IS_UPGRADE) !== 0) at[UPGRADE] = now;
  }

  /** Whether a close or a malformed answer to such a request says anything about the endpoint. */
  isEvidence(kind: number, now: number): boolean {
    if ((kind & IS_WHOLE_SERVER) !== 0 && !this.#isLately(WHOLE_SERVER, now)) return false;
    if ((kind & HAS_RANGE) !== 0 && !this.#isLately(RANGE, now)) return false;
    if ((kind & IS_UPGRADE) !== 0 && !this.#isLately(UPGRADE, now) && this.#isLately(ANY, now)) return false;
    const method = kind & METHOD_BITS;
    if (method === GET) return true;
    if (method === UNKNOWN) return false;
    return this.#isLately(method, now) || (method === POST && !this.#isLately(ANY, now));
  }

  #isLately(index: number, now: number): boolean {
    return now - this.#servedAt[index] < LATELY_MS;
  }
}

/**
 * Sticky cookies: which endpoint of a pool the cookie of a client names. Values are made in the control plane and are
 * compared here, so a request costs one look-up, whatever a stranger sends as a cookie.
 *
 * A value is 43 characters of base64url. Where cookies have a time to live, `.` and the second of its issue follow, in
 * base 36: whoever comes back late in that time gets it anew.
 */
import { CookieWalk } from '../http/cookies.ts';
import type { StickySpec } from '../snapshot.ts';

/** An HMAC-SHA256 in base64url. */
export const STICKY_VALUE_LENGTH = 43;

/** The share of its time after which a cookie is issued anew. */
const RENEWAL_SHARE = 0.1;
const SECOND_MS = 1000;
const DOT = '.';
const ISSUED = /^[0-9a-z]{1,9}$/;

/** What a request brings. */
export interface StickyCookie {
  /** It has a cookie of the name, whatever its value. */
  readonly isSent: boolean;
  /** `''` where it names no endpoint of the pool. */
  readonly value: string;
  /** The second of its issue, 0 where nothing is said of it. */
  readonly issuedAt: number;
}

const NONE: StickyCookie = Object.freeze({ isSent: false, value: '', issuedAt: 0 });
const UNKNOWN: StickyCookie = Object.freeze({ isSent: true, value: '', issuedAt: 0 });

export class StickyTable {
  readonly spec: StickySpec;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #walk: CookieWalk;

  /** `values` of the endpoints, in pool order; `''`: nobody is bound to it. */
  constructor(spec: StickySpec, values: readonly string[]) {
    this.spec = spec;
    this.#indexes = new Map(values.map((value, index) => [value, index]));
    this.#walk = new CookieWalk(spec.cookie);
  }

  /** The index of the endpoint that has this value, -1: none. */
  find(value: string): number {
    return value === '' ? -1 : (this.#indexes.get(value) ?? -1);
  }

  /** The first cookie of the name that names an endpoint. */
  read(lines: string): StickyCookie {
    const walk = this.#walk;
    walk.begin(lines);
    let found = NONE;
    while (walk.next()) {
      found = UNKNOWN;
      const length = walk.end - walk.start;
      const border = walk.start + STICKY_VALUE_LENGTH;
      if (length < STICKY_VALUE_LENGTH || (length > STICKY_VALUE_LENGTH && lines[border] !== DOT)) continue;
      const value = lines.slice(walk.start, border);
      if (this.find(value) >= 0) return { isSent: true, value, issuedAt: secondOf(lines.slice(border + 1, walk.end)) };
    }
    return found;
  }

  /** Whether a cookie is to be issued anew. `now`: time of day, ms. */
  isDue({ issuedAt }: StickyCookie, now: number): boolean {
    const { ttlMs } = this.spec;
    if (ttlMs === 0) return false;
    const age = now - issuedAt * SECOND_MS;
    return age > ttlMs * RENEWAL_SHARE || age < -SECOND_MS;
  }

  /** The Set-Cookie line that binds a client to the endpoint of this value. `now`: time of day, ms. */
  line(value: string, isSecure: boolean, now: number): string {
    const { cookie, path, domain, sameSite, secure, ttlMs } = this.spec;
    const needsHttps = secure === 'on' || sameSite === 'none' || (secure === 'auto' && isSecure);
    return [
      `Set-Cookie: ${cookie}=${value}${ttlMs === 0 ? '' : `.${Math.floor(now / SECOND_MS).toString(36)}`}`,
      `Path=${path}`,
      ...(domain === '' ? [] : [`Domain=${domain}`]),
      ...(ttlMs === 0 ? [] : [`Max-Age=${ttlMs / SECOND_MS}`]),
      'HttpOnly',
      ...(needsHttps ? ['Secure'] : []),
      `SameSite=${SAME_SITE[sameSite]}\r\n`,
    ].join('; ');
  }
}

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const;

/** 0 where it is none, so that the cookie is due. */
function secondOf(text: string): number {
  return ISSUED.test(text) ? parseInt(text, 36) : 0;
}

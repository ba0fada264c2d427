import type { Limited } from '../limits/rate-limit.ts';
import type { RouteMatch, Scheme } from '../snapshot.ts';

/** What the router looks at. An exchange implements it over its request head; nothing is parsed before a route asks for it. */
export interface RoutedRequest {
  /** Left out: http, or nobody asks (`Router.looksAtScheme`). */
  readonly scheme?: Scheme;
  /** Normal form: lower case, no port, no final dot; `''` where an HTTP/1.0 request names none. */
  readonly host: string;
  /** Normal form, see `path.ts`. */
  readonly path: string;
  /** As it came, without the query: what the endpoint gets. */
  readonly rawPath: string;
  /** As it came, without the `?`. */
  readonly query: string;
  /** Case-sensitive, as it came. */
  readonly method: string;
  /** Header lines in HTTP/1 form, `Name: value\r\n` each. */
  readonly lines: string;
}

/** Anything that can be routed to: a route of a snapshot, or of a config that is being checked. */
export interface Routable extends Limited {
  readonly id: string;
  readonly match: RouteMatch;
  /**
   * It denies or limits something, and must be met under every reading of its path (`guard-form.ts`). Absent: false.
   */
  readonly guards?: boolean;
  /** It guards only because of its `maxBody` or its limits, without `guards: on`. Absent: false. */
  readonly limitsOnly?: boolean;
  /** Bytes of a request's body, 0 or absent: no limit. */
  readonly maxBody?: number;
  /** Compared by identity. */
  readonly pool?: unknown;
  /** Where it sends its clients: nothing of them reaches its pool. Absent: nowhere. */
  readonly redirect?: unknown;
  /** Which clients it refuses. Absent: none. */
  readonly access?: unknown;
}

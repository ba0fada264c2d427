import type { ServerName } from '../option-parsers.ts';

/** What `fairlead load` sends, and how it finds out which server answered. */
export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly durationMs: number;
  /** The number of requests after which it ends; null: it ends by time. */
  readonly requests: number | null;
  /** Requests a second over all connections; null: as many as answers allow. */
  readonly rate: number | null;
  /** Requests in flight on a connection. */
  readonly pipelining: number;
  readonly timeoutMs: number;
  /** Default: GET, with a body POST. */
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or `@` and the name of a file. */
  readonly body?: string;
  readonly by: ServerName;
  readonly json: boolean;
}

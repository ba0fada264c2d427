/**
 * What applies to the whole process and belongs to no listener, route or pool. Config, snapshot, difference and the
 * summary of a reload treat it as one object: a new setting needs its schema (`config/settings-schema.ts`), its type
 * here, and the code that uses it.
 */
import type { AccessLogSpec } from './access-log.ts';
import type { AcmeSpec } from './acme.ts';
import type { ListRules } from './lists/list-reader.ts';
import type { HeaderRules, Limits, Timeouts } from './snapshot.ts';

/** What all exchanges together may keep for later. */
export interface MemorySpec<Auto extends 'auto' = never> {
  /** Bytes; `auto`: a quarter of the machine or of its cgroup limit, at least 64 MiB. */
  readonly maxBytes: number | Auto;
}

/** Room for clients that are banned. */
export interface BanTableSpec {
  readonly keys: number;
}

/** A named list of addresses, and where it comes from. */
export interface ListSpec {
  readonly name: string;
  readonly source:
    | { readonly kind: 'inline'; readonly networks: readonly string[] }
    | { readonly kind: 'file'; readonly path: string; readonly rules: ListRules }
    | { readonly kind: 'url'; readonly url: string; readonly refreshMs: number; readonly rules: ListRules };
}

/** How much clients have to send and take at least, on average. */
export interface SlowClientSpec {
  /** Of a request's body, while we are reading it; 0: any. */
  readonly bodyBytesPerSecond: number;
  /** Of an answer, while some of it waits for the client; 0: any. */
  readonly responseBytesPerSecond: number;
  /** Nobody is judged before that much of such time is over. */
  readonly graceMs: number;
}

/** Settings of the whole process. `Auto` allows `auto` where the machine decides; a snapshot has only numbers. */
export interface Settings<Auto extends 'auto' = never> {
  readonly timeouts: Timeouts;
  /** Null: clients may be as slow as the timeouts allow. */
  readonly slowClients: SlowClientSpec | null;
  readonly limits: Limits;
  readonly headers: HeaderRules;
  /** Addresses and CIDR blocks whose X-Forwarded-* are believed. */
  readonly trustedProxies: readonly string[];
  /** For the rules of routes; left out: there is none. What they hold reaches threads in messages of its own. */
  readonly lists?: readonly ListSpec[] | undefined;
  /** Left out: nobody is ever banned. */
  readonly banTable?: BanTableSpec | undefined;
  /** Null: no line is written, whatever a route says. */
  readonly accessLog: AccessLogSpec | null;
  readonly memory: MemorySpec<Auto>;
  /** Where this Fairlead stands; `''`: nobody says. */
  readonly zone: string;
  /** Where operators reach it: `auto`, `off`, or `unix:/path`. */
  readonly admin: string;
  /** Folder that is kept over restarts; `''`: there is none. */
  readonly stateDir: string;
  /** From whom certificates come; null: from nobody. */
  readonly acme: AcmeSpec | null;
  /** Client connections of the process; accepting pauses beyond. `auto`: three quarters of (descriptor limit − 256). */
  readonly maxConnections: number | Auto;
}

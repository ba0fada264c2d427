/** What an operation of the admin API is: data, from which the router, its checks and the client's answers follow. */
import type { BalancerStats } from '../runtime/control/balancer-stats.ts';
import type { Ban } from '../runtime/control/ban.ts';
import type { ListenerAddress } from '../runtime/control/listeners.ts';
import type { Standing } from '../core/health/agent.ts';
import type { Role } from './authenticate.ts';

/** As much of a balancer as operations use. */
export interface AdminBalancer {
  stats(): BalancerStats;
  addresses(): readonly ListenerAddress[];
  setStanding(pool: string, endpoint: string, standing: Standing, reason: string): boolean;
  bans(): readonly Ban[];
  ban(client: string, forMs: number, reason: string): Ban;
  unban(client: string): boolean;
}

/** What an operation works with. */
export interface AdminSubject {
  readonly balancer: AdminBalancer;
  /** Of the process that serves. */
  readonly process: ProcessFacts;
}

export interface ProcessFacts {
  readonly version: string;
  /** Wall-clock ms. */
  readonly startedAt: number;
  /** Absolute path; null: it runs without a config. */
  readonly config: string | null;
  /** That another version has taken the place of the program on disk, with the cure; null: none has. */
  readonly replaced: () => string | null;
}

/** What was asked, as far as it concerns the operation. */
export interface AdminRequest {
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
  /** Parsed JSON; null: there was none. */
  readonly body: unknown;
  /** Who asks, in words: `the admin socket`. */
  readonly by: string;
}

/** Its content goes out as JSON. */
export interface AdminAnswer {
  readonly status: number;
  readonly content: unknown;
}

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** `/v1/pools/{pool}`: what stands in braces is one segment of any text. */
  readonly path: string;
  /** Who may: whoever has this role or a stronger one. */
  readonly role: Role;
  /** Names of the query parameters that it knows; all others are a mistake. */
  readonly query: readonly string[];
  /** Throws a {@link Problem} for what it cannot do. */
  run(subject: AdminSubject, request: AdminRequest): AdminAnswer | Promise<AdminAnswer>;
}

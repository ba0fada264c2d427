/**
 * The load generator autocannon, which is installed only by those who use it: the part of its API that we use, and
 * where it is found.
 */
import type { EventEmitter } from 'node:events';
import { importOptional } from '../../machine/optional-package.ts';

/** A connection of it. Emits `headers` (names and values in turn) for each answer, and `response` at its end. */
export type Client = EventEmitter<{ headers: [head: { readonly headers: readonly string[] }]; response: [] }>;

export interface Settings {
  readonly url: string;
  readonly connections: number;
  readonly pipelining: number;
  /** Seconds. */
  readonly duration: number;
  readonly amount?: number;
  readonly overallRate?: number;
  /** Seconds. */
  readonly timeout: number;
  /** Milliseconds between two checks whether it is to stop. */
  readonly sampleInt: number;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly setupClient: (client: Client) => void;
  readonly requests: readonly { readonly onResponse?: (status: number, body: string) => void }[];
}

interface Events {
  response: [client: Client, status: number, bytes: number, latencyMs: number];
  reqError: [error: NodeJS.ErrnoException];
}

export interface Run extends EventEmitter<Events>, PromiseLike<unknown> {
  stop(): void;
}

export type Autocannon = (settings: Settings) => Run;

/** Looks beside Fairlead first, then in the folder it is called in, as `npx fairlead` is. Null: it is not installed. */
export async function findAutocannon(folder: string = process.cwd()): Promise<Autocannon | null> {
  const module = await importOptional<{ readonly default: Autocannon }>('autocannon', folder);
  return module?.default ?? null;
}

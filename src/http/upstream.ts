/** A connection to an endpoint as its pool sees it; implemented by a codec's client session. */
import type { UpstreamEvents } from './stream.ts';

export interface UpstreamConnection {
  /** When it came back to the pool, ms. */
  idleSince: number;
  /** How long it may lie idle, ms: the server's hint less a second, else the pool's. */
  readonly idleLimitMs: number;
  /** Begins the next message: answers `onUpstreamReady` at once. */
  carry(events: UpstreamEvents): void;
  /** Closes an idle connection. */
  close(): void;
}

/** Makes connections to one endpoint. */
export interface UpstreamDialer {
  /** Begins a connect for this attempt; `onUpstreamReady` or `onUpstreamFailed` follows, later. The answer cancels it. */
  dial(events: UpstreamEvents): { abort(): void };
  /** The limits on heads have changed. */
  updateLimits(): void;
}

/** A session of layer 4, of TCP or UDP, as its data plane sees it. */
import type { ListenerSpec } from '../../core/snapshot.ts';

export interface Layer4Session {
  /** What it came by. */
  readonly route: { readonly listener: ListenerSpec; readonly slot: number };
  /** The endpoint that it is at, be it to connect; null: at none just now. */
  readonly endpoint: unknown;
  /** Its endpoint takes nothing new, or is down. */
  onMoved(): void;
  /** It is asked to go: its listener or its endpoint has left the config. */
  leave(): void;
  /** Its endpoint has left the config, and its time is over. */
  onEndpointGone(): void;
  /** Cuts it: the time that it had to end is over. */
  destroy(): void;
  onOwnFault(): void;
}

/** What a data plane tells the control plane on its own account. */
export type DataPlaneReport =
  /** Consecutive gateway failures reached the pool's threshold: the control plane decides on ejection. */
  | {
      readonly type: 'failures-reached';
      readonly pool: string;
      readonly slot: number;
      readonly generation: number;
      readonly kind: string;
    }
  /** The first failure after successes, or a refused connect that was not known: checks go to their fast interval. */
  | {
      readonly type: 'passive-failure';
      readonly pool: string;
      readonly slot: number;
      readonly generation: number;
      readonly kind: string;
    }
  /** A success after a refused connect. */
  | { readonly type: 'recovered'; readonly pool: string; readonly slot: number; readonly generation: number }
  /** An exception in our own code that the guard caught. */
  | { readonly type: 'fault'; readonly message: string; readonly stack: string };

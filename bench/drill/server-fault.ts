/** What is wrong with a server of the drill. */
export type ServerFault =
  | { readonly check: 'passes' | 'fails'; readonly traffic: TrafficFault }
  | { readonly check: 'passes' | 'fails'; readonly traffic: 'answers'; readonly status: number }
  | { readonly check: 'passes' | 'fails'; readonly traffic: 'slow'; readonly factor: number }
  | { readonly check: 'passes' | 'fails'; readonly traffic: 'closes-idle'; readonly idleMs: number };

export type TrafficFault = 'none' | 'hangs' | 'resets-in-body' | 'closes-reused' | 'answers-413-early';

export const NO_FAULT: ServerFault = { check: 'passes', traffic: 'none' };

/**
 * Who asks, and what they may. There is one way in so far: a Unix socket that only the user of the process can open
 * (mode 0600), so that whoever has opened it may do everything.
 */

/** From weak to strong: each may what those before it may. */
export const ROLES = ['read', 'operate', 'admin'] as const;

export type Role = (typeof ROLES)[number];

export interface Caller {
  /** In words, for evidence: `the admin socket`. */
  readonly name: string;
  readonly role: Role;
}

const AT_THE_SOCKET: Caller = { name: 'the admin socket', role: 'admin' };

export function authenticate(): Caller {
  return AT_THE_SOCKET;
}

export function may({ role }: Caller, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

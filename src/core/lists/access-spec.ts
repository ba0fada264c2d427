/** Rules about clients, as a snapshot has them. */

/** Who may use a route, by the client's address. `deny` goes first. */
export interface AccessSpec {
  /** All others are refused; null: everybody who is not denied may. */
  readonly allow: ClientsSpec | null;
  /** Null: nobody. */
  readonly deny: ClientsSpec | null;
}

/** Clients by their addresses; one entry at least. */
export interface ClientsSpec {
  /** Addresses, CIDR blocks, and `unix` for all who come by a unix socket. */
  readonly networks: readonly string[];
  /** Names of lists. */
  readonly lists: readonly string[];
}

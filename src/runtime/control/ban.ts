/** A client that is refused for a time. Times are ms since 1970. */
export interface Ban {
  /** An address, of IPv6 a network of 64 bits: `2001:db8::/64`. */
  readonly client: string;
  readonly since: number;
  readonly until: number;
  /** Who wanted it, and why. */
  readonly reason: string;
}

export const NO_BANS = 'the config has no banTable: write banTable: {} to ban clients';

/** Nobody was banned. `message` says why, and what to do. */
export class BanRefused extends Error {
  override readonly name = 'BanRefused';
  readonly code: 'bad-client' | 'no-bans' | 'spared';

  constructor(code: BanRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

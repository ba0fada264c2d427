/** Who is banned: the table that threads look into, the names behind it, and what of it is there after a restart. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { parseAddress, maskAddress } from '../../core/lists/address.ts';
import { addressText } from '../../core/lists/address-text.ts';
import { BanTable, createBanTable } from '../../core/lists/ban-table.ts';
import type { BanTableHandle } from '../../core/lists/ban-table.ts';
import type { Settings } from '../../core/settings.ts';
import { createAddressList } from '../../net/address-list.ts';
import { codeOrText } from '../../machine/error-code.ts';
import { readRegularFile } from '../../machine/regular-file.ts';
import { writeWhole } from '../../machine/write-whole.ts';
import type { Ban } from './ban.ts';
import { BanRefused, NO_BANS } from './ban.ts';
import { createSeed } from './secret-seed.ts';

export interface BanKeeperOptions {
  readonly clock: Clock;
  /** To every thread, and to those that come. */
  publish(bans: BanTableHandle): void;
  /** Bans could not be kept. */
  onTrouble(message: string): void;
}

type BanSettings = Pick<Settings, 'banTable' | 'stateDir' | 'trustedProxies'>;

const MOST_BYTES = 64 * 1024 * 1024;
const LOOPBACK = ['127.0.0.0/8', '::1'];
const NETWORK_BITS = 64;

export class BanKeeper {
  readonly #options: BanKeeperOptions;
  /** By client, as they are told. */
  #bans = new Map<string, Ban>();
  #table: BanTable | null = null;
  #keys = 0;
  #file = '';
  /** Of a client. */
  #isSpared: (client: string) => boolean = () => false;
  /** Writes, one after another. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: BanKeeperOptions) {
    this.#options = options;
  }

  /** Threads have the table before a route that looks into it. */
  async settle({ banTable, stateDir, trustedProxies }: BanSettings): Promise<void> {
    this.#isSpared = createSpared([...LOOPBACK, ...trustedProxies]);
    if (banTable === undefined) return;
    const file = stateDir === '' ? '' : join(stateDir, 'bans.json');
    if (file !== '' && file !== this.#file) for (const ban of await readBans(file)) this.#bans.set(ban.client, ban);
    this.#file = file;
    if (this.#table !== null && this.#keys === banTable.keys) return;
    this.#keys = banTable.keys;
    const handle = createBanTable(banTable.keys, createSeed());
    this.#table = new BanTable(handle);
    for (const { client, until } of this.list()) this.#table.ban(addressOf(client), toSeconds(until));
    this.#options.publish(handle);
  }

  /** Those that are not over, the one that ends soonest first. */
  list(): readonly Ban[] {
    const now = this.#options.clock.wallTime();
    for (const [client, { until }] of this.#bans) if (until <= now) this.#bans.delete(client);
    return [...this.#bans.values()].toSorted((a, b) => a.until - b.until);
  }

  /** Throws a {@link BanRefused} for what is no client, or one that is never banned. */
  ban(client: string, forMs: number, reason: string): Ban {
    const table = this.#tableNow();
    const id = clientOf(client);
    if (this.#isSpared(id)) {
      throw new BanRefused('spared', `${id} is never banned: it is this machine, or one of trustedProxies`);
    }
    const since = this.#options.clock.wallTime();
    const ban = { client: id, since, until: since + forMs, reason };
    this.#bans.set(id, ban);
    this.#trim();
    table.ban(addressOf(id), toSeconds(ban.until));
    this.#save();
    return ban;
  }

  /** False: it was not banned. Throws a {@link BanRefused} for what is no client. */
  unban(client: string): boolean {
    const table = this.#tableNow();
    const id = clientOf(client);
    table.unban(addressOf(id));
    const wasBanned = this.list().some((ban) => ban.client === id);
    this.#bans.delete(id);
    this.#save();
    return wasBanned;
  }

  /** Resolves when what has changed is kept. */
  saved(): Promise<void> {
    return this.#writing;
  }

  // ———

  #tableNow(): BanTable {
    if (this.#table !== null) return this.#table;
    throw new BanRefused('no-bans', NO_BANS);
  }

  /** As many as the table has room for. */
  #trim(): void {
    if (this.#bans.size <= this.#keys) return;
    const [soonest] = this.list();
    if (this.#bans.size > this.#keys) this.#bans.delete(soonest.client);
  }

  #save(): void {
    const file = this.#file;
    if (file === '') return;
    this.#writing = this.#writing
      .then(async () => {
        await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
        await writeWhole(file, `${JSON.stringify(this.list(), null, 1)}\n`);
      })
      .catch((error: unknown) => {
        const code = codeOrText(error);
        this.#options.onTrouble(`bans cannot be kept in ${file} (${code}): they are over with this process`);
      });
  }
}

/** Whether a client is among these networks, or one of them is within its own. */
function createSpared(networks: readonly string[]): (client: string) => boolean {
  const isWithin = createAddressList(networks);
  const around = new Set(networks.filter((network) => network.includes(':')).map((text) => clientOf(addressOf(text))));
  return (client) => around.has(client) || isWithin(addressOf(client));
}

/** A damaged file counts as none. */
async function readBans(file: string): Promise<readonly Ban[]> {
  try {
    const read: unknown = JSON.parse((await readRegularFile(file, MOST_BYTES)).toString('utf8'));
    return Array.isArray(read) ? read.filter(isBan) : [];
  } catch {
    return [];
  }
}

function isBan(value: unknown): value is Ban {
  const { client, since, until, reason } = (value ?? {}) as Partial<Ban>;
  const isTimed = typeof since === 'number' && typeof until === 'number';
  return typeof client === 'string' && isTimed && typeof reason === 'string' && isClient(client);
}

function isClient(text: string): boolean {
  try {
    return clientOf(text) === text;
  } catch {
    return false;
  }
}

const words = new Int32Array(4);

/** `192.0.2.1`, or the network of an address of IPv6: `2001:db8::/64`. */
function clientOf(text: string): string {
  const family = parseAddress(text.replace(/\/64$/, ''), words);
  if (family === 0 || (family === 4 && text.includes('/'))) {
    throw new BanRefused('bad-client', `${JSON.stringify(text)} is no client: write an address, e.g. 192.0.2.1`);
  }
  if (family === 4) return addressText(words, 4);
  maskAddress(words, 6, NETWORK_BITS);
  return `${addressText(words, 6)}/${NETWORK_BITS}`;
}

function addressOf(client: string): string {
  return client.replace(/\/\d+$/, '');
}

function toSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

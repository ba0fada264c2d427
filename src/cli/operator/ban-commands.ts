/** `fairlead bans`, `fairlead ban` and `fairlead unban`: what they ask a running process, and print. */
import { EXIT_OK } from '../exit-codes.ts';
import { table } from '../table.ts';
import { ask } from './ask.ts';
import type { AdminOptions } from './find-admin.ts';

interface BanContent {
  readonly client: string;
  readonly since: string;
  readonly until: string;
  readonly reason: string;
}

export interface BanOptions extends AdminOptions {
  /** In seconds: `30s`. */
  readonly for?: string;
  readonly reason?: string;
}

export async function showBans(options: AdminOptions): Promise<number> {
  return ask(options, { method: 'GET', path: '/v1/bans' }, ({ content }) => {
    const { bans } = content as { readonly bans: readonly BanContent[] };
    if (options.json === true) return EXIT_OK;
    const rows = bans.map(({ client, until, reason }) => [client, `until ${until}`, reason]);
    console.log(bans.length === 0 ? 'nobody is banned' : table(rows).join('\n'));
    return EXIT_OK;
  });
}

export async function banClient(client: string, options: BanOptions): Promise<number> {
  const query = options.for === undefined ? '' : `?for=${encodeURIComponent(options.for)}`;
  const path = `/v1/bans/${encodeURIComponent(client)}/ban${query}`;
  const body = options.reason === undefined ? undefined : { reason: options.reason };
  return ask(options, { method: 'POST', path, body }, ({ content }) => {
    const ban = content as BanContent;
    if (options.json !== true) console.log(`${ban.client} is banned until ${ban.until}`);
    return EXIT_OK;
  });
}

export async function unbanClient(client: string, options: AdminOptions): Promise<number> {
  const path = `/v1/bans/${encodeURIComponent(client)}/unban`;
  return ask(options, { method: 'POST', path }, () => {
    if (options.json !== true) console.log(`${client} is banned no more`);
    return EXIT_OK;
  });
}

/** Clients that an operator keeps out for a time. */
import type { Ban } from '../../runtime/control/ban.ts';
import { BanRefused } from '../../runtime/control/ban.ts';
import type { AdminAnswer, AdminRequest, Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { readReason } from '../read-reason.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 3650 * 86_400_000;
const DEFAULT_MS = 3_600_000;

const getBans: Operation = {
  id: 'getBans',
  method: 'GET',
  path: '/v1/bans',
  role: 'read',
  query: [],
  run: ({ balancer }) => ({ status: 200, content: { bans: balancer.bans().map(describeBan) } }),
};

const ban: Operation = {
  id: 'banClient',
  method: 'POST',
  path: '/v1/bans/{client}/ban',
  role: 'operate',
  query: ['for'],
  run({ balancer }, request): AdminAnswer {
    const forMs = readTime(request.query.get('for'));
    const why = readReason(request.body);
    const reason = `by ${request.by}${why === '' ? '' : `: ${why}`}`;
    return { status: 200, content: describeBan(refusing(() => balancer.ban(clientIn(request), forMs, reason))) };
  },
};

const unban: Operation = {
  id: 'unbanClient',
  method: 'POST',
  path: '/v1/bans/{client}/unban',
  role: 'operate',
  query: [],
  run({ balancer }, request): AdminAnswer {
    const client = clientIn(request);
    if (refusing(() => balancer.unban(client))) return { status: 200, content: { client } };
    throw new Problem(404, 'not-banned', `${client} is not banned`);
  },
};

function clientIn({ params }: AdminRequest): string {
  return params['client'];
}

/** As problems. */
function refusing<T>(change: () => T): T {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof BanRefused)) throw error;
    throw new Problem(error.code === 'no-bans' ? 409 : 422, error.code, error.message);
  }
}

/** `10m`, in ms. */
function readTime(text: string | undefined): number {
  if (text === undefined) return DEFAULT_MS;
  const [, amount = '0', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? 0);
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new Problem(400, 'bad-query', 'for is a time of at most 3650d, e.g. for=10m');
}

function describeBan({ client, since, until, reason }: Ban): Readonly<Record<string, unknown>> {
  return { client, since: new Date(since).toISOString(), until: new Date(until).toISOString(), reason };
}

export const banOperations: readonly Operation[] = [getBans, ban, unban];

/** The keys of a listener that only unix sockets have, and those that they cannot have. */
import type { z } from 'zod';
import type { ListenerSpec } from '../core/snapshot.ts';
import { isAbstract, isUnixAddress } from '../core/unix-address.ts';
import { key } from './described.ts';
import { Mistake } from './errors.ts';
import { scalar, withRule } from './scalars.ts';
import { describeValue } from './units.ts';

/** Node's own, 0755, lets nobody but the owner connect. */
const DEFAULT_MODE = 0o660;
const LARGEST_ID = 2 ** 32 - 2;

/** `mode` of HAProxy says what is spoken. */
const CURES_OF_HAPROXY = {
  tcp: 'Write tcp: NAME in place of it, with the name of a pool.',
  http: 'Take it out: a listener takes HTTP unless it has tcp or udp.',
};

const fileMode = scalar(
  (value): number | Mistake => {
    if (typeof value === 'string' && /^0?[0-7]{3}$/.test(value)) return Number.parseInt(value, 8);
    const cure = "Write three octal digits in quotes, e.g. '660'.";
    if (typeof value === 'number') return new Mistake(`${value} without quotes is read as a decimal number`, cure);
    const isForeign = value === 'tcp' || value === 'http';
    return new Mistake(`${describeValue(value)} is not a mode`, isForeign ? CURES_OF_HAPROXY[value] : cure);
  },
  { type: 'string', pattern: '^0?[0-7]{3}$', words: 'octal digits' },
);

const groupName = scalar(
  (value): string | number | Mistake => {
    if (typeof value === 'string' && /^[A-Za-z_][\w.-]*\$?$/.test(value)) return value;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_ID) return value;
    return new Mistake(`${describeValue(value)} is not a group`, 'Write the name or the number of one, e.g. www-data.');
  },
  { anyOf: [{ type: 'string' }, { type: 'integer', minimum: 0, maximum: LARGEST_ID }], words: 'name or number' },
);

/** Of a listener. */
export const socketKeys = {
  mode: key(fileMode.optional(), {
    description: 'Permissions of the file of a unix socket: whoever may write to it can connect.',
    example: '600',
    byDefault: "`'660'`",
  }),
  group: key(groupName.optional(), {
    description: 'Group of the file of a unix socket.',
    example: 'www-data',
    byDefault: "the process's",
  }),
};

/** A listener, of which each key may be of any form where it is wrong. */
interface ReadKeys {
  readonly address?: unknown;
  readonly mode?: unknown;
  readonly group?: unknown;
  readonly spread?: unknown;
}

/** The schema of a listener with what unix sockets and others must not have. */
export function withSocketRules<T extends z.ZodType<object>>(listener: T): T {
  const onlyWithFile = (schema: T, name: 'mode' | 'group'): T =>
    withRule(schema, {
      isKept: (written: ReadKeys) => {
        const host = hostOf(written);
        return written[name] === undefined || host === null || hasFile(host);
      },
      message: 'only the file of a unix socket has this',
      cure: 'Take it out.',
      path: [name],
    });
  return withRule(onlyWithFile(onlyWithFile(listener, 'mode'), 'group'), {
    isKept: (written: ReadKeys) => written.spread !== 'even' || !isUnixAddress(hostOf(written) ?? ''),
    message: 'a unix socket belongs to one thread, and what it accepts cannot go to another',
    cure: 'Take it out.',
    path: ['spread'],
  });
}

/** Null: the address cannot be read. */
function hostOf({ address }: ReadKeys): string | null {
  const isRead = typeof address === 'object' && address !== null && 'host' in address;
  return isRead && typeof address.host === 'string' ? address.host : null;
}

function hasFile(host: string): boolean {
  return isUnixAddress(host) && !isAbstract(host);
}

/** What a listener says of its file, where it has one. */
export function fileOf(
  host: string,
  { mode = DEFAULT_MODE, group }: { readonly mode?: number | undefined; readonly group?: string | number | undefined },
): Pick<ListenerSpec, 'mode' | 'group'> {
  if (!hasFile(host)) return {};
  return group === undefined ? { mode } : { mode, group };
}

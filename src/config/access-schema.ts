/** `allow` and `deny` of a route: who may use it, by the client's address. */
import type { AccessSpec, ClientsSpec } from '../core/lists/access-spec.ts';
import { parseNetwork } from './addresses.ts';
import { didYouMean, listNames } from './closest-name.ts';
import type { KeyNotes } from './described.ts';
import { key } from './described.ts';
import { Mistake, type Problem } from './errors.ts';
import { parseName } from './names.ts';
import { listOf, scalar } from './scalars.ts';
import { describeValue } from './units.ts';

/** One entry: an address or block, or the name of a list. */
type Entry = { readonly network: string } | { readonly list: string };

const CURE = 'Write an address or a block, e.g. 10.0.0.0/8, unix, or the name of a list.';
/** What other programs write for everybody. */
const EVERYBODY = /^(?:all|any|\*|everyone|everybody)$/i;

const entry = scalar(
  (value): Entry | Mistake => {
    if (typeof value === 'string' && EVERYBODY.test(value))
      return new Mistake(
        `${describeValue(value)} is no list`,
        'Leave allow out for everybody, and deny for nobody: a route with allow refuses all others by itself.',
      );
    const network = parseNetwork(value);
    if (!(network instanceof Mistake)) return { network };
    const name = parseName(value);
    const isMeantAsAddress = typeof value === 'string' && /^[0-9.]+(?:\/|$)|::/.test(value);
    return name instanceof Mistake || isMeantAsAddress
      ? new Mistake(`${describeValue(value)} is neither an address nor a list`, CURE)
      : { list: name };
  },
  { type: 'string', pattern: '.', words: 'address, block or name of a list' },
);

const clients = listOf(entry, 'list of addresses and names of lists')
  .refine((entries) => entries.length > 0, {
    error: 'the list is empty',
    params: { cure: 'Name an address or a list, or take the key out.' },
  })
  .transform((entries): ClientsSpec => ({
    networks: entries.flatMap((each) => ('network' in each ? [each.network] : [])),
    lists: entries.flatMap((each) => ('list' in each ? [each.list] : [])),
  }));

function clientsKey(notes: KeyNotes) {
  return key(clients.optional(), notes);
}

export const accessKeys = {
  allow: clientsKey({
    description:
      'Clients that may use the route, by addresses, blocks and names of `lists`; all others get 403 `denied`. `deny` goes first.',
    example: ['10.0.0.0/8', 'office'],
    byDefault: 'everybody who is not denied',
  }),
  deny: clientsKey({
    description: 'Clients that get 403 `denied`, in the same words.',
    example: ['drop'],
    byDefault: 'nobody',
  }),
};

/** Undefined: everybody may. */
export function accessOf(allow: ClientsSpec | undefined, deny: ClientsSpec | undefined): AccessSpec | undefined {
  return allow === undefined && deny === undefined ? undefined : { allow: allow ?? null, deny: deny ?? null };
}

/** The lists that the rules of a route at `path` name, and that there are not. */
export function checkListNames(
  path: Problem['path'],
  access: AccessSpec | undefined,
  names: readonly string[],
): readonly Problem[] {
  return (['allow', 'deny'] as const).flatMap((rule) =>
    (access?.[rule]?.lists ?? [])
      .filter((name) => !names.includes(name))
      .map((name) => ({ path: [...path, rule], mistake: describeNoList(name, names) })),
  );
}

function describeNoList(name: string, names: readonly string[]): Mistake {
  const cure =
    names.length === 0
      ? `Add it, e.g. lists: { ${name}: [10.0.0.0/8] }.`
      : didYouMean(name, names, `Use ${listNames(names)}, or add it to lists.`);
  return new Mistake(`there is no list ${JSON.stringify(name)}`, cure);
}

/** `lists`: named lists of addresses, written here, in a file, or published by somebody else. */
import type { ListRules } from '../core/lists/list-reader.ts';
import type { ListSpec } from '../core/settings.ts';
import { parseNetwork } from './addresses.ts';
import { key } from './described.ts';
import { Mistake } from './errors.ts';
import { filePath } from './file-path.ts';
import { parseName } from './names.ts';
import { network } from './network.ts';
import { duration, listOf, named, object, scalar, shortForm, toggle, withRule } from './scalars.ts';
import { describeValue } from './units.ts';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const listUrl = scalar(
  (value): string | Mistake => {
    const url = typeof value === 'string' ? URL.parse(value) : null;
    const cure = 'Write a URL, e.g. https://lists.example/drop.netset.';
    if (url === null) return new Mistake(`${describeValue(value)} is not a URL`, cure);
    if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) return url.href;
    if (url.protocol !== 'http:') return new Mistake(`${describeValue(value)} is not an address of https`, cure);
    return new Mistake(
      'what comes by http may have been changed on its way',
      'Write https; http is for this machine alone.',
    );
  },
  { type: 'string', pattern: '^https?://', words: 'URL' },
);

const text = scalar(
  (value): string | Mistake =>
    ['string', 'number', 'boolean'].includes(typeof value)
      ? String(value as string | number | boolean)
      : new Mistake(`${describeValue(value)} is not text`, 'Write text.'),
  { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }], words: 'text' },
);

const where = named(listOf(text, 'text or list of texts'), 'map of fields').transform(
  (fields): NonNullable<ListRules['where']> => fields,
);

type Source = ListSpec['source'];

const SOURCES = ['addresses', 'file', 'url'] as const;

/** A list as a map: what `named-files.ts` reads its file by. */
export const listMap = withRule(
  object(
    {
      addresses: key(listOf(network, 'list of addresses').optional(), {
        description: 'Addresses and CIDR blocks. They may stand in place of the map.',
        example: ['10.0.0.0/8', '2001:db8::/32'],
        byDefault: 'none',
      }),
      file: key(filePath('drop.netset').optional(), {
        description:
          'File with the list, watched: a line an entry (netset, `ipset save`, `deny` of nginx), or JSON. While it cannot be used, the last good one stays.',
        example: './drop.netset',
        byDefault: 'none',
      }),
      url: key(listUrl.optional(), {
        description:
          'Where the list is published. Fairlead gets it, and keeps the last good one in `stateDir`. Needs https, but for this machine.',
        example: 'https://ip-ranges.amazonaws.com/ip-ranges.json',
        byDefault: 'none',
      }),
      refresh: key(duration.prefault('1h'), {
        description: 'How often what `url` names is looked at again.',
        example: '15m',
      }),
      where: key(where.optional(), {
        description: 'Of JSON: values that fields of the objects round an address must have; `*` stands for any text.',
        example: { service: 'EC2', region: ['eu-*'] },
        byDefault: 'every address counts',
      }),
      keys: key(listOf(text, 'name or list of names').prefault([]), {
        description: 'Of JSON: names of the fields that addresses are taken from, whatever lies between; `[]`: all.',
        example: ['ip_prefix'],
      }),
      allowWide: key(toggle.prefault('off'), {
        description: 'Takes blocks wider than /8, of IPv6 than /24; a file or URL that has one is not used otherwise.',
        example: 'on',
      }),
    },
    'AddressList',
  ),
  {
    isKept: (written) => SOURCES.filter((source) => written[source] !== undefined).length === 1,
    message: 'a list has addresses, a file or a URL, and one of them alone',
    cure: 'Write e.g. office: [10.0.0.0/8], or drop: { file: drop.netset }.',
    path: [],
  },
).transform(({ addresses, file, url, refresh, where: fields, keys, allowWide }): Source => {
  if (addresses !== undefined) return { kind: 'inline', networks: addresses };
  const rules = { allowWide, where: fields ?? null, keys };
  return url === undefined
    ? { kind: 'file', path: file ?? '', rules }
    : { kind: 'url', url, refreshMs: refresh, rules };
});

const addressList = shortForm(
  listMap,
  (value) => (Array.isArray(value) || typeof value === 'string' ? { addresses: value } : value),
  listOf(network, 'list of addresses'),
);

/** In a rule it could not be told from an address. */
function describeName(name: string): Mistake | null {
  const parsed = parseName(name);
  if (parsed instanceof Mistake) return parsed;
  if (parseNetwork(name) instanceof Mistake) return null;
  return new Mistake(`${describeValue(name)} is an address, and no name of a list`, 'Name it by what is in it.');
}

export const listsSchema = named(addressList, 'map of lists by name')
  .superRefine((lists, context) => {
    for (const name of Object.keys(lists)) {
      const mistake = describeName(name);
      if (mistake === null) continue;
      const { message, cure } = mistake;
      context.addIssue({ code: 'custom', message, params: { cure }, path: [name], input: name });
    }
  })
  .transform((lists): readonly ListSpec[] => Object.entries(lists).map(([name, source]) => ({ name, source })));

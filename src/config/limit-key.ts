/** What requests have in common that a limit counts together. */
import { parseKeyPart } from '../core/keys/key-parts.ts';
import { Mistake } from './errors.ts';
import { cureHashKey } from './foreign-policies.ts';
import { listOf, oneOf, scalar } from './scalars.ts';
import { describeValue } from './units.ts';

const FORMS = 'Write client, peer, host, route, listener, header.NAME, cookie.NAME, query.NAME, or a list of these.';

/** A client may ask for as many paths as it likes, and would have a new limit with each. */
const EVADED: ReadonlySet<string> = new Set(['path', 'url']);

const limitKeyPart = scalar(
  (value) => {
    const shown = describeValue(value);
    if (typeof value !== 'string') return new Mistake(`${shown} is nothing that requests have in common`, FORMS);
    const part = parseKeyPart(value);
    if (part !== null && !EVADED.has(part.kind)) return value;
    if (part !== null)
      return new Mistake(
        `a client that asks for another ${value} each time would never meet the limit`,
        'Write client, and route if each route is to have its own.',
      );
    return new Mistake(`${shown} is nothing that requests have in common`, cureHashKey(value) ?? FORMS);
  },
  {
    type: 'string',
    pattern: '^(?:(?:client|peer)(?:/[1-9][0-9]{0,2})?|route|host|listener|(?:header|cookie|query)\\..+)$',
    words: 'key',
  },
);

export const limitKey = listOf(limitKeyPart, 'key, or list of keys');

export const missingKey = oneOf(['skip', 'client']);

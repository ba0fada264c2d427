import { parseNetwork } from './addresses.ts';
import { scalar } from './scalars.ts';

/** An address, a CIDR block, or `unix`. */
export const network = scalar(parseNetwork, { type: 'string', pattern: '^(?:unix:?|[0-9A-Fa-f:.]+(?:/\\d{1,3})?)$' });

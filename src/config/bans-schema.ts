/** `banTable`: room for clients that are banned. */
import { key } from './described.ts';
import { count, object } from './scalars.ts';

export const banTableSchema = object(
  {
    keys: key(count(8, 16_777_216).prefault(131_072), {
      description:
        'Clients that can be banned at a time, eight bytes each; beyond it, the ban that ends soonest is over.',
      example: 1_000_000,
    }),
  },
  'BanTable',
);

/** `slowClients`: how much clients have to send and take at least. */
import type { SlowClientSpec } from '../core/settings.ts';
import { key } from './described.ts';
import { byteRateOrOff, duration, object, orOff, shortForm } from './scalars.ts';

const slowClientsMap = object(
  {
    bodyRate: key(byteRateOrOff.prefault('240B/s'), {
      description:
        'The least of a request body that has to come, on average, while we are reading it. Below it 408 `body-too-slow`; cut, where the answer has begun.',
      example: '1KiB/s',
    }),
    responseRate: key(byteRateOrOff.prefault('240B/s'), {
      description:
        'The least of an answer that a client has to take, on average, while some of it waits. Below it the client is reset: `client-too-slow`.',
      example: '1KiB/s',
    }),
    grace: key(duration.prefault('30s'), {
      description: 'Nobody is judged before so much time of that kind is over.',
      example: '10s',
    }),
  },
  'SlowClients',
).transform(({ bodyRate, responseRate, grace }): SlowClientSpec => {
  return { bodyBytesPerSecond: bodyRate, responseBytesPerSecond: responseRate, graceMs: grace };
});

export const slowClientsSchema = shortForm(
  orOff(slowClientsMap, null),
  (value) => (value === true || value === 'on' ? {} : value),
  { enum: ['on', true], words: '`on`', tsType: "'on' | true" },
);

import { handleWrites } from '../../src/net/node/handle-writes.ts';
import { createNodeTransport } from '../../src/net/node/transport.ts';
import { transportConformance } from './transport.ts';
import { relays } from './transport-relays.ts';

transportConformance('onread', (onFault) => createNodeTransport({ onFault, engine: 'onread', writes: handleWrites }));
// Most connections find no buffer left, stay on the scratch and copy.
relays('onread, one buffer', (onFault) =>
  createNodeTransport({ onFault, engine: 'onread', writes: handleWrites, maxOwnBuffers: 1 }),
);

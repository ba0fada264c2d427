import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import { transportConformance } from './transport.ts';
import { relays } from './transport-relays.ts';

transportConformance('onread', (onFault) => createNodeTransport({ onFault, engine: 'onread' }));
// Most connections find no buffer left, stay on the scratch and copy.
relays('onread, one buffer', (onFault) => createNodeTransport({ onFault, engine: 'onread', maxOwnBuffers: 1 }));

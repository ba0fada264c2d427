import { bestEngine, createNodeTransport } from '../../src/net/node/create-transport.ts';
import { transportConformance } from './transport.ts';
import { relays } from './transport-relays.ts';

// Another Node takes `onread`, which has tests of its own.
if (bestEngine === 'handle') {
  transportConformance('handle', (onFault) => createNodeTransport({ onFault, engine: 'handle' }));
  // Most connections find no buffer left, stay on the scratch and copy.
  relays('handle, one buffer', (onFault) => createNodeTransport({ onFault, engine: 'handle', maxOwnBuffers: 1 }));
}

import { createNodeTransport } from '../../src/net/node/transport.ts';
import { transportConformance } from './transport.ts';

transportConformance('onread', (onFault) => createNodeTransport({ onFault, engine: 'onread' }));
transportConformance('data', (onFault) => createNodeTransport({ onFault, engine: 'data' }));

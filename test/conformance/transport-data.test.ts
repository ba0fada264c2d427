import { createNodeTransport } from '../../src/net/node/transport.ts';
import { transportConformance } from './transport.ts';

transportConformance('data', (onFault) => createNodeTransport({ onFault, engine: 'data' }));

import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import { transportConformance } from './transport.ts';

transportConformance('data', (onFault) => createNodeTransport({ onFault, engine: 'data' }));

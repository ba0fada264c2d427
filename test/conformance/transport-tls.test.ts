import { bestEngine } from '../../src/net/node/create-transport.ts';
import { securedTransport } from './secured-transport.ts';
import { streamConformance } from './transport.ts';

// Accepted connections stand on handles before they speak TLS; with 1.2 they have streams.
streamConformance('TLS 1.3', securedTransport('TLSv1.3', { engine: bestEngine }));

import { securedTransport } from './secured-transport.ts';
import { relays } from './transport-relays.ts';
import { streamConformance } from './transport.ts';

streamConformance('TLS 1.2', securedTransport('TLSv1.2', { engine: 'onread' }));
// Most connections find no buffer left, stay on the scratch and copy.
relays('TLS 1.2, one buffer', securedTransport('TLSv1.2', { engine: 'onread', maxOwnBuffers: 1 }));

import { securedTransport } from './secured-transport.ts';
import { streamConformance } from './transport.ts';

streamConformance('TLS 1.3', securedTransport('TLSv1.3', { engine: 'onread' }));

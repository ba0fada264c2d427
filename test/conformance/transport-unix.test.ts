import { createNodeTransport } from '../../src/net/node/transport.ts';
import { transportConformance } from './transport.ts';
import { onUnixSockets, unixSockets } from './transport-unix.ts';

const onread = onUnixSockets((onFault) => createNodeTransport({ onFault, engine: 'onread' }));
const data = onUnixSockets((onFault) => createNodeTransport({ onFault, engine: 'data' }));

transportConformance('onread, unix', onread);
unixSockets('onread, unix', onread);
unixSockets('data, unix', data);

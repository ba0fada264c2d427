import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import { transportConformance } from './transport.ts';
import { onUnixSockets, unixSockets } from './transport-unix.ts';

const handle = onUnixSockets((onFault) => createNodeTransport({ onFault, engine: 'handle' }));
const onread = onUnixSockets((onFault) => createNodeTransport({ onFault, engine: 'onread' }));
const data = onUnixSockets((onFault) => createNodeTransport({ onFault, engine: 'data' }));

transportConformance('handle, unix', handle);
unixSockets('handle, unix', handle);
transportConformance('onread, unix', onread);
unixSockets('onread, unix', onread);
unixSockets('data, unix', data);

import { handleWrites } from '../../src/net/node/handle-writes.ts';
import { createNodeTransport } from '../../src/net/node/transport.ts';
import { transportConformance } from './transport.ts';
import { onUnixSockets, unixSockets } from './transport-unix.ts';

const onread = onUnixSockets((onFault) => createNodeTransport({ onFault, engine: 'onread', writes: handleWrites }));
const data = onUnixSockets((onFault) => createNodeTransport({ onFault, engine: 'data' }));

transportConformance('onread, unix', onread);
unixSockets('onread, unix', onread);
unixSockets('data, unix', data);

/** The tcp check: passes when the connect does. */
import net from 'node:net';
import { failedBy, passed } from './probe.ts';
import type { Probe } from './probe.ts';

export const probeTcp: Probe = ({ address, port }, signal) => {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port, signal });
    socket.on('connect', () => {
      socket.destroy();
      resolve(passed('connected'));
    });
    socket.on('error', (error) => resolve(failedBy(error)));
  });
};

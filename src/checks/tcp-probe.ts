/** The tcp check: passes when the connect does, or on the bytes that it waits for. */
import net from 'node:net';
import type { TcpCheckSpec } from '../core/snapshot.ts';
import { dialAddress } from '../net/dial-address.ts';
import { failed, failedBy, passed } from './probe.ts';
import type { Probe, ProbeResult } from './probe.ts';

/** Of what comes, this much is looked at. */
const MOST_BYTES = 64 * 1024;

export const probeTcp: Probe<TcpCheckSpec> = async ({ check, address, port }, signal) => {
  // Few servers want a header: others do not load what writes it.
  const header = check.proxyVersion === undefined ? null : (await import('./introduce.ts')).introductionOf(check);
  return new Promise((resolve) => {
    const socket = net.connect({ ...dialAddress(address, port), signal });
    const decide = (result: ProbeResult): void => {
      resolve(result);
      socket.destroy();
    };
    socket.on('error', (error) => decide(failedBy(error)));
    socket.on('connect', () => {
      if (header !== null) socket.write(header, 'latin1');
      if (check.send !== '') socket.write(check.send);
      if (check.expect !== '') awaitText(socket, check.expect, decide);
      else socket.end(() => decide(passed('connected')));
    });
  });
};

function awaitText(socket: net.Socket, expected: string, decide: (result: ProbeResult) => void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]).subarray(0, MOST_BYTES);
    if (received.includes(expected)) decide(passed('the expected text'));
    else if (received.length === MOST_BYTES) decide(failed('the expected text is not in the first 64 KiB'));
  });
  socket.on('end', () => decide(failed(`it closed after ${received.length} bytes without the expected text`)));
}

/** Runs the load of datagrams, which is a program of Go: wrk has none. */
import { createSocket } from 'node:dgram';
import { startPinned } from './children.ts';
import { findCommand } from './commands.ts';
import { buildGo } from './go.ts';
import type { Load, WrkResult } from './wrk.ts';

/** Size of a datagram, without what the server puts in front. */
const BYTES = 50;

/** Why this load cannot be given here, or null. */
export function missingUdpLoad(): string | null {
  return findCommand('go') === null ? 'the load of datagrams needs go' : null;
}

export async function runUdpLoad(
  core: number,
  load: Pick<Load, 'port' | 'connections' | 'seconds'>,
): Promise<WrkResult> {
  const args = [
    `-port=${load.port}`,
    `-connections=${load.connections}`,
    `-seconds=${load.seconds}`,
    `-bytes=${BYTES}`,
  ];
  const child = startPinned(core, { command: await buildGo('udp-load'), args });
  const result = JSON.parse(await child.line('udp-result ')) as WrkResult;
  await child.exited;
  return result;
}

/** Whether the proxy passes datagrams yet. */
export async function answersDatagrams(port: number): Promise<boolean> {
  return (await exchange(port, 'ready')) !== null;
}

/** @returns what is wrong, a line each; empty if it may be measured */
export async function checkDatagrams({ port }: { readonly port: number }, token: string): Promise<string[]> {
  const answer = await exchange(port, 'whole');
  return answer === `${token} whole` ? [] : ['the answer is not from our own upstream'];
}

/** Null: nothing has come back in half a second. */
function exchange(port: number, text: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answer: string | null): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), 500);
    socket.on('error', () => {});
    socket.once('message', (datagram) => end(datagram.toString('latin1')));
    socket.send(text, port, '127.0.0.1');
  });
}

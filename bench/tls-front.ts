/** TLS in front of the upstream, on the load's core: HAProxy ends it, and passes the bytes on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPinned } from './children.ts';
import type { Child } from './children.ts';
import { findCommand } from './commands.ts';
import { reservePort } from './ports.ts';
import { scratchDirectory } from './scratch.ts';
import { certificateFile } from './tls-certificates.ts';
import { answers } from './work-check.ts';

export interface TlsFront {
  readonly child: Child;
  /** One for each port of the upstream. */
  readonly ports: readonly number[];
}

const START_MS = 10_000;

const DEFAULTS = `global
    maxconn 12000
    no strict-limits
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
`;

/** @throws Error when it does not start */
export async function startTlsFront(core: number, upstreamPorts: readonly number[]): Promise<TlsFront> {
  const program = findCommand('haproxy');
  if (program === null) throw new Error('endpoints with TLS need haproxy');
  const reserved = await Promise.all(upstreamPorts.map(reservePort));
  const ports = reserved.map(({ port }) => port);
  const file = join(scratchDirectory(), 'tls-front.cfg');
  const listens = ports.map(
    (port, index) => `listen endpoint-${index}
    bind 127.0.0.1:${port} ssl crt ${certificateFile('ec')} curves X25519:P-256
    server plain 127.0.0.1:${upstreamPorts[index]}
`,
  );
  writeFileSync(file, DEFAULTS + listens.join(''));
  await Promise.all(reserved.map((one) => one.release()));
  const child = startPinned(core, { command: program, args: ['-db', '-f', file] });
  const deadline = performance.now() + START_MS;
  while (!(await answers({ port: ports[0], isSecure: true }))) {
    if (!child.isRunning || performance.now() > deadline) {
      await child.end();
      throw new Error(`TLS in front of the upstream does not start: ${child.complaint}`);
    }
    await delay(50);
  }
  return { child, ports };
}

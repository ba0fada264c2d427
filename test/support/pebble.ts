/**
 * Pebble, the test authority of Let's Encrypt: a real ACME server, as strict as it can be, that refuses half of all
 * nonces. Every name leads to 127.0.0.1, by the name server that comes with it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { tempFolder } from './access-log.ts';
import { issueCertificate } from './issued-certificates.ts';
import { until } from './until.ts';

export interface Pebble {
  /** URL of its directory. */
  readonly directory: string;
  /** File with the certificate that its own is of. */
  readonly ca: string;
  /** Where it comes for HTTP-01 and for TLS-ALPN-01. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** PEM of the certificate that all that it gives out goes back to. */
  root(): Promise<string>;
  /** What it has said so far. */
  log(): string;
  /** It is away; with `start` it is there again, and has forgotten everything. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** What is missing to run one; null: nothing. */
export function whyNoPebble(): string | null {
  const missing = ['pebble', 'pebble-challtestsrv'].filter((name) => findCommand(name) === null);
  return missing.length === 0 ? null : `needs ${missing.join(' and ')}`;
}

/** Ended with the test. */
export async function startPebble(t: TestContext): Promise<Pebble> {
  const folder = tempFolder(t);
  const [port, management, httpPort, tlsPort, dnsPort, dnsManagement] = await freePorts(6);
  const authority = issueCertificate({ commonName: 'authority of the test', isAuthority: true });
  const own = issueCertificate({ names: ['localhost', '127.0.0.1'], issuer: authority });
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.cert);
  writeFileSync(join(folder, 'cert.pem'), own.cert);
  writeFileSync(join(folder, 'key.pem'), own.key, { mode: 0o600 });
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: join(folder, 'cert.pem'),
      privateKey: join(folder, 'key.pem'),
      ...{ httpPort, tlsPort },
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    },
  };
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify(config));
  await startNames(t, dnsPort, dnsManagement);
  let said = '';
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const args = ['-config', join(folder, 'pebble.json'), '-strict', '-dnsserver', `127.0.0.1:${dnsPort}`];
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '50', PEBBLE_AUTHZREUSE: '0' };
    const started = spawn(findCommand('pebble') ?? 'pebble', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk: Buffer): void => void (said += chunk.toString());
    started.stdout.on('data', take);
    started.stderr.on('data', take);
    child = started;
    await until(
      () => isListening(port),
      () => `pebble listens: ${said}`,
    );
  };
  const stop = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(stop);
  await start();
  const root = (): Promise<string> => fetchText(`https://localhost:${management}/roots/0`, authority.cert);
  return { directory: `https://localhost:${port}/dir`, ca, httpPort, tlsPort, root, log: () => said, stop, start };
}

async function fetchText(url: string, ca: string): Promise<string> {
  const request = https.get(url, { ca, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

/** A name server for which every name is 127.0.0.1. */
async function startNames(t: TestContext, port: number, management: number): Promise<void> {
  const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''];
  const own = ['-dns01', `127.0.0.1:${port}`, '-management', `127.0.0.1:${management}`, '-defaultIPv4', '127.0.0.1'];
  const program = 'pebble-challtestsrv';
  const child = spawn(findCommand(program) ?? program, [...own, ...none], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await until(
    () => isListening(port),
    () => `the name server listens: ${said}`,
  );
}

async function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = net.connect({ host: '127.0.0.1', port });
  socket.on('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
  const isThere = await promise;
  socket.destroy();
  return isThere;
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const reserved = await Promise.all(Array.from({ length: count }, () => reservePort()));
  await Promise.all(reserved.map(({ release }) => release()));
  return reserved.map(({ port }) => port);
}

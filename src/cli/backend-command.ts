/** `fairlead backend`: a mock server from start to end. */
import { readFile } from 'node:fs/promises';
import { startBackend } from '../backend/backend.ts';
import type { BackendOptions } from '../backend/backend.ts';
import { NoCertificate } from '../backend/self-signed.ts';
import { startTcpBackend } from '../backend/tcp-backend.ts';
import { startUdpBackend } from '../backend/udp-backend.ts';
import { isUnixAddress } from '../core/unix-address.ts';
import type { BackendCommandOptions } from './actions.ts';
import { EXIT_OK, EXIT_UNAVAILABLE } from './exit-codes.ts';
import { explainPortInUse } from './port-in-use.ts';

/** Resolves to the exit code once a signal has ended the server; what is in flight then is cut. */
export async function runBackend(options: BackendCommandOptions): Promise<number> {
  const signal = Promise.withResolvers<null>();
  const onSignal = (): void => signal.resolve(null);
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal);
  try {
    await using backend = await start({ ...options, ...(await readCertificate(options)) });
    console.log(`${backend.name} listens on ${backend.url}`);
    await signal.promise;
    return EXIT_OK;
  } catch (error) {
    const isExpected = error instanceof NoCertificate || (error instanceof Error && 'syscall' in error);
    if (!isExpected) throw error;
    const isTaken = 'code' in error && error.code === 'EADDRINUSE' && options.port !== undefined;
    const holder =
      isTaken && options.udp !== true && !isUnixAddress(options.host ?? '')
        ? `: ${await explainPortInUse(options.port, 'Take another --port.')}`
        : '';
    console.error(`fairlead: ${error.message}${holder}`);
    return EXIT_UNAVAILABLE;
  }
}

/** That of the files; without any it is left to the server. Rejects with Node's error for one that cannot be read. */
async function readCertificate({ cert, key }: BackendCommandOptions): Promise<Pick<BackendOptions, 'tls'>> {
  if (cert !== undefined)
    return { tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key ?? cert, 'utf8') } };
  if (key !== undefined) throw new NoCertificate('--key is the key of a certificate: name that with --cert');
  return {};
}

function start(
  options: BackendCommandOptions & BackendOptions,
): Promise<AsyncDisposable & { readonly name: string; readonly url: string }> {
  if (options.udp === true) return startUdpBackend(options);
  return options.tcp === true ? startTcpBackend(options) : startBackend(options);
}

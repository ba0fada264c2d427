/** `fairlead backend`: a mock server from start to end. */
import { startBackend } from '../backend/backend.ts';
import { startTcpBackend } from '../backend/tcp-backend.ts';
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
    await using backend = await (options.tcp === true ? startTcpBackend(options) : startBackend(options));
    console.log(`${backend.name} listens on ${backend.url}`);
    await signal.promise;
    return EXIT_OK;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const isTaken = 'code' in error && error.code === 'EADDRINUSE' && options.port !== undefined;
    const holder =
      isTaken && !isUnixAddress(options.host ?? '')
        ? `: ${await explainPortInUse(options.port, 'Take another --port.')}`
        : '';
    console.error(`fairlead: ${error.message}${holder}`);
    return EXIT_UNAVAILABLE;
  }
}

/** Which process a command means: the one that runs the config of this folder, or the one whose socket was named. */
import { defaultSocketPath, socketOf } from '../../admin/socket-path.ts';
import { loadConfig } from '../../config/load.ts';
import { findConfigFile, missingConfig } from '../config-source.ts';

export interface AdminOptions {
  readonly config?: string | undefined;
  /** `unix:/run/fairlead/admin.sock`. Default: `$FAIRLEAD_ADMIN`, else as the config says. */
  readonly admin?: string;
  readonly json?: boolean;
}

/** Resolves to the path of its socket, or to what is wrong. */
export async function findAdmin({
  config,
  admin,
}: AdminOptions): Promise<{ readonly socket: string } | { readonly wrong: string }> {
  const named = admin ?? process.env['FAIRLEAD_ADMIN'];
  if (named !== undefined) return toSocket(named);
  const file = (await findConfigFile({ config }))?.config;
  if (file === undefined) {
    const { message } = missingConfig();
    return { wrong: `${message}. Name the config with -c, or the socket with --admin unix:/path` };
  }
  const loaded = await loadConfig(file);
  // One that is being edited may be wrong for the moment, and still be the one that runs.
  const written = 'config' in loaded ? loaded.config.settings.admin : 'auto';
  if (written === 'off') return { wrong: `${file} has admin: off` };
  return written === 'auto' ? { socket: defaultSocketPath(file) } : toSocket(written);
}

function toSocket(address: string): { readonly socket: string } | { readonly wrong: string } {
  const socket = socketOf(address);
  return socket === null
    ? { wrong: `${JSON.stringify(address)} is not a socket: write unix:/run/fairlead/admin.sock` }
    : { socket };
}

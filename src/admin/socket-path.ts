/** Where the admin socket of a process lies, so that commands find it by the config that it runs. */
import { join, resolve } from 'node:path';

/** `$RUNTIME_DIRECTORY` (systemd), for root `/run/fairlead`, else `$XDG_RUNTIME_DIR` or a folder of the user's own in /tmp. */
export function defaultSocketPath(
  config: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const name = process.getBuiltinModule('node:crypto').hash('sha256', resolve(config)).slice(0, 12);
  return join(folderOf(env), `${name}.sock`);
}

function folderOf(env: Readonly<Record<string, string | undefined>>): string {
  const uid = process.getuid?.() ?? 0;
  // systemd names several with colons between them.
  const given = env['RUNTIME_DIRECTORY']?.split(':', 1)[0];
  if (given !== undefined && given !== '') return given;
  if (uid === 0) return '/run/fairlead';
  const ofSession = env['XDG_RUNTIME_DIR'];
  return ofSession !== undefined && ofSession !== '' ? join(ofSession, 'fairlead') : `/tmp/fairlead-${uid}`;
}

/** `unix:/run/fairlead/admin.sock` → its path; null: it is not an address of a socket. */
export function socketOf(address: string): string | null {
  return address.startsWith('unix:/') ? address.slice('unix:'.length) : null;
}

/** Requests over TLS by `openssl s_client`. */
import { execFile, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** False: the test is passed over, since the program is not on this machine. */
export function hasOpenssl(t: TestContext): boolean {
  const isThere = spawnSync('openssl', ['version']).error === undefined;
  if (!isThere) t.skip('needs openssl');
  return isThere;
}

/** One request; returns what the program prints. */
export async function askOpenssl(port: number, ...options: readonly string[]): Promise<string> {
  const child = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-ign_eof', ...options]);
  child.child.stdin?.on('error', () => {});
  child.child.stdin?.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const { stdout, stderr } = await child.catch((error: unknown) => error as { stdout: string; stderr: string });
  return stdout + stderr;
}

/** A real nginx or HAProxy on a config, to compare with what `fairlead init` makes of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

export type ProxyProgram = 'nginx' | 'haproxy';

export interface OriginalProxy extends AsyncDisposable {
  readonly port: number;
}

/** What nginx needs around servers: nothing of it is written outside of `folder`. */
function frame(text: string, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `daemon off; worker_processes 1; ${user} pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http { access_log off; ${paths}
${text}
}`;
}

/** Resolves once it listens on `port`, which the text names. */
export async function startOriginal(program: ProxyProgram, text: string, port: number): Promise<OriginalProxy> {
  const folder = await mkdtemp(join(tmpdir(), `fairlead-${program}-`));
  const file = join(folder, 'config');
  await writeFile(file, program === 'nginx' ? frame(text, folder) : text);
  const args = program === 'nginx' ? ['-e', join(folder, 'error.log'), '-p', folder, '-c', file] : ['-db', '-f', file];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  const ended = once(child, 'close');
  let isListening = false;
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
      const socket = connect({ host: '127.0.0.1', port }, () => (isListening = true));
      socket.on('error', () => undefined).on('connect', () => socket.destroy());
      return isListening;
    },
    () => `${program} on port ${port}: ${said}`,
  );
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

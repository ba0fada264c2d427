/** Runs code of the user's in a thread of its own, within a time limit, and gathers which files it has loaded. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ModuleLoaded, ModuleThrew } from './module-messages.ts';

/** What a thread says once, or why it never did. */
export type ModuleOutcome<Said> = Said | ModuleThrew | { readonly type: 'late' } | { readonly type: 'ended' };

export interface ModuleRun<Said> {
  readonly outcome: ModuleOutcome<Said>;
  /** Paths of the files of the user's own; packages do not change while one works on a config. */
  readonly loaded: readonly string[];
}

/** `thread`: its entry, which says `loaded` of each file, and then one thing. Rejects never. */
export async function runModule<Said extends { readonly type: string }>(
  thread: URL,
  data: unknown,
  timeLimitMs: number,
): Promise<ModuleRun<Said>> {
  const loaded: string[] = [];
  const { promise, resolve: settle } = Promise.withResolvers<ModuleOutcome<Said>>();
  const worker = new Worker(thread, { workerData: data, stdout: true });
  // stdout of ours belongs to what a command prints.
  worker.stdout.pipe(process.stderr, { end: false });
  worker.on('message', (message: ModuleLoaded | Said) => {
    if (message.type === 'loaded') loaded.push(fileURLToPath((message as ModuleLoaded).url));
    else settle(message as Said);
  });
  worker.on('error', (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    settle({ type: 'threw', message, stack: stack ?? '' });
  });
  worker.on('exit', () => settle({ type: 'ended' }));
  const timer = setTimeout(() => settle({ type: 'late' }), timeLimitMs);
  const outcome = await promise;
  clearTimeout(timer);
  await worker.terminate();
  return { outcome, loaded: loaded.filter(isOfUser) };
}

function isOfUser(path: string): boolean {
  return !/[\\/]node_modules[\\/]/.test(path);
}

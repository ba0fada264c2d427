/** One question to a running Fairlead, and what becomes of a command whose question is not answered. */
import { AdminUnreachable, askAdmin } from '../../admin/client.ts';
import type { AdminReply } from '../../admin/client.ts';
import { EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_USAGE } from '../exit-codes.ts';
import { findAdmin } from './find-admin.ts';
import type { AdminOptions } from './find-admin.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

/** Resolves to the exit code. `show` is called with an answer that is none of refusal; what is wrong goes to stderr. */
export async function ask(
  options: AdminOptions,
  question: Question,
  show: (reply: AdminReply) => number,
): Promise<number> {
  const found = await findAdmin(options);
  if ('wrong' in found) {
    console.error(`fairlead: ${found.wrong}`);
    return EXIT_USAGE;
  }
  try {
    const reply = await askAdmin(found.socket, question.method, question.path, question.body);
    if (reply.status >= 400) {
      const { detail = 'no reason given' } = reply.content as { readonly detail?: string };
      console.error(`fairlead: refused: ${detail}`);
      return EXIT_REFUSED;
    }
    if (options.json === true) console.log(JSON.stringify(reply.content, null, 2));
    return show(reply);
  } catch (error) {
    if (!(error instanceof AdminUnreachable)) throw error;
    console.error(`fairlead: nobody answers at ${error.message}. Does it run, with this config and as this user?`);
    return EXIT_UNAVAILABLE;
  }
}

/** Why a balancer could not begin to serve. Loaded by those that could not. */
import { ListenError } from '../runtime/control/listen-error.ts';
import { EXIT_INTERNAL, EXIT_UNAVAILABLE } from './exit-codes.ts';
import { explainListenError } from './port-in-use.ts';

/** Says it on stderr. `isFromFile`: the config is no command line. Resolves to the exit code. */
export async function sayFailure(error: unknown, isFromFile: boolean): Promise<number> {
  if (error instanceof ListenError) {
    console.error('fairlead:', await explainListenError(error, isFromFile));
    return EXIT_UNAVAILABLE;
  }
  // What a balancer refuses has a code of ours; anything else is a bug, and says where.
  const isExpected = error instanceof Error && 'code' in error && String(error.code).startsWith('FL_');
  console.error('fairlead:', isExpected ? error.message : error);
  return isExpected ? EXIT_UNAVAILABLE : EXIT_INTERNAL;
}

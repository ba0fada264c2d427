/** Why a balancer could not begin to serve. Loaded by those that could not. */
import { middlewareMistakes } from '../config/middleware-error.ts';
import type { TlsPlaces } from '../config/tls-places.ts';
import { CertificateError } from '../runtime/control/certificate-error.ts';
import { ListenError } from '../runtime/control/listen-error.ts';
import { EXIT_INTERNAL, EXIT_UNAVAILABLE, EXIT_USAGE } from './exit-codes.ts';
import { placeMistakes } from './place-mistakes.ts';
import { explainListenError } from './port-in-use.ts';
import { sayConfigErrors } from './say-config-errors.ts';

export interface ServedConfig {
  /** As it was named; null: the command line. */
  readonly file: string | null;
  readonly places: TlsPlaces;
}

/** Says it on stderr. Resolves to the exit code. */
export async function sayFailure(error: unknown, { file, places }: ServedConfig): Promise<number> {
  if (error instanceof ListenError) {
    console.error('fairlead:', await explainListenError(error, file !== null));
    return EXIT_UNAVAILABLE;
  }
  if (error instanceof CertificateError) {
    sayConfigErrors(placeMistakes(error.mistakes, places, file ?? 'command line'));
    return EXIT_USAGE;
  }
  const mistakes = middlewareMistakes(error);
  if (mistakes !== null) {
    sayConfigErrors(mistakes);
    return EXIT_USAGE;
  }
  // What a balancer refuses has a code of ours; anything else is a bug, and says where.
  const isExpected = error instanceof Error && 'code' in error && String(error.code).startsWith('FL_');
  console.error('fairlead:', isExpected ? error.message : error);
  return isExpected ? EXIT_UNAVAILABLE : EXIT_INTERNAL;
}

/**
 * What a process does once, until it serves, leaves in its memory what V8 took for it: code optimized for parsing, the
 * pages of the optimizing compilers themselves (6 MiB). The young generation is left alone: workers that are made while
 * it is capped keep the cap, and pay for it with every connection.
 */
import { setFlagsFromString } from 'node:v8';
import { collectStart } from '../runtime/shared/collect-start.ts';

/** As they are until it serves, and as V8 has them. */
const UNTIL_SERVING = [['--no-sparkplug', '--sparkplug']] as const;
/**
 * The same for a moment longer: what ran hot while it started would be optimized now, and never runs again. Under load
 * from the first moment on that is a second in code of the baseline compiler.
 */
const UNTIL_REST = [
  ['--no-opt', '--opt'],
  ['--no-maglev', '--maglev'],
] as const;
const REST_MS = 1000;

/** Whoever sets such flags of V8 by hand has them. */
const OWN_FLAGS = /--(?:no-?)?(?:opt|turbofan|maglev|sparkplug|jitless|always|max-semi|max-lazy|expose)/;

/** To be called first thing; what it returns, when everything serves. */
export function beginLeanStart(): () => void {
  if (OWN_FLAGS.test([process.env['NODE_OPTIONS'] ?? '', ...process.execArgv].join(' '))) return () => {};
  for (const [flag] of [...UNTIL_SERVING, ...UNTIL_REST]) setFlagsFromString(flag);
  return () => {
    for (const [, flag] of UNTIL_SERVING) setFlagsFromString(flag);
    setTimeout(rest, REST_MS).unref();
  };
}

function rest(): void {
  collectStart();
  for (const [, flag] of UNTIL_REST) setFlagsFromString(flag);
}

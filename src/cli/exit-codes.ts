/**
 * The exit codes of the process; from 64 on as in sysexits.h. For a signal it is 128 plus its number, as in shells. 78
 * (a Node that is too old) comes from bin/fairlead.js.
 */
import { constants } from 'node:os';

export const EXIT_OK = 0;
/** The command ran, with a bad result: `load`, if every request failed. */
export const EXIT_FAILED = 1;
/** The command line or the config has mistakes. */
export const EXIT_USAGE = 2;
/** A running Fairlead does not do what it was asked: no such pool or endpoint. */
export const EXIT_REFUSED = 3;
/** It was asked to, and is not done within the time given. */
export const EXIT_LATE = 4;
/** An address cannot be listened on, the name of an endpoint has no address, or a program that is needed is missing. */
export const EXIT_UNAVAILABLE = 69;
/** A bug of ours: an exception nobody caught, or no worker left. */
export const EXIT_INTERNAL = 70;

/** A second signal cut what was in flight. */
export function exitCodeOf(signal: 'SIGTERM' | 'SIGINT'): number {
  return 128 + constants.signals[signal];
}

/** A child process that stands in for this one: same terminal, same signals, same end. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/**
 * Runs a program to its end with our stdin, stdout and stderr, and passes signals on to it.
 *
 * Ctrl-C in a terminal reaches the child twice: from the terminal and from here. The command line takes two
 * signals within 100 ms for one (src/cli/signals.ts).
 * @param {string} file
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options] on top of `stdio: 'inherit'`
 * @returns {Promise<{ code: number, signal: NodeJS.Signals | null }>} `code` is 128 + n where signal n ended it.
 */
export function runChild(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    const stopForwarding = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.once('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.once('close', (code, signal) => {
      stopForwarding();
      resolve({ code: signal === null ? code : 128 + constants.signals[signal], signal });
    });
  });
}

/** Ends this process the way the child ended: by the same signal, or with the same code. */
export function endLike({ code, signal }) {
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = code;
}

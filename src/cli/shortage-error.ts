/** Errors that say that no descriptor is left, wherever in Node that was found out. */

export const RAISE_LIMIT =
  'Raise the limit: ulimit -n 65536 in a shell, LimitNOFILE=65536 in a unit of systemd, --ulimit nofile=65536:65536 for a container.';

/** Whether an error says that the process or the machine has no descriptor left, whoever says it. */
export function isShortage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return /\b(?:EMFILE|ENFILE)\b|too many open files/i.test(
    `${'code' in error ? String(error.code) : ''} ${error.message}`,
  );
}

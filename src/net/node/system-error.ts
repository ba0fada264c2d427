import { getSystemErrorName } from 'node:util';

/** What Node makes of a negative number of the system. */
export function systemError(errno: number, syscall: string): Error {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno, syscall });
}

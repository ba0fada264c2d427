/** Whether Node calls its handles exactly as `handle-socket.ts` does: other arguments may end the process. */
import net from 'node:net';

const TEXT = 'fairlead';
const BYTES = Buffer.from(TEXT);

/** Opens nothing. */
export function isCalledAsKnown(): boolean {
  const handle = new CheckingHandle();
  const options: object = { handle, readable: false };
  try {
    const socket = new net.Socket(options);
    socket.write(TEXT, 'latin1');
    socket.write(BYTES);
    socket.cork();
    socket.write(TEXT, 'latin1');
    socket.write(BYTES);
    socket.uncork();
    socket.end();
    socket.destroy();
  } catch {
    return false;
  }
  return handle.given.join() === 'text,bytes,both,end,close';
}

class CheckingHandle {
  readonly given: string[] = [];

  writeLatin1String(...given: readonly unknown[]): number {
    return this.#note('text', given.length === 2 && given[0] === null && given[1] === TEXT);
  }

  writeBuffer(...given: readonly unknown[]): number {
    return this.#note('bytes', given.length === 2 && given[0] === null && given[1] === BYTES);
  }

  writev(...[request, parts, areBuffers, ...rest]: readonly unknown[]): number {
    const [text, encoding, bytes, kind, ...more] = Array.isArray(parts) ? (parts as unknown[]) : [];
    const isPair = text === TEXT && encoding === 'latin1' && bytes === BYTES && kind === 'buffer' && more.length === 0;
    return this.#note('both', isPair && request === null && areBuffers === false && rest.length === 0);
  }

  shutdown(...given: readonly unknown[]): number {
    return this.#note('end', given.length === 1 && given[0] instanceof Object);
  }

  close(...given: readonly unknown[]): void {
    this.#note('close', given.length === 1 && typeof given[0] === 'function');
  }

  #note(what: string, isKnown: boolean): number {
    this.given.push(isKnown ? what : `unknown ${what}`);
    return 0;
  }
}

/**
 * A file descriptor kept for a moment at which the process has no other left. Transferring a server duplicates its
 * descriptor; if that fails, Node drops the server silently (seen on 24.21 and 26.10).
 */
import { devNull } from 'node:os';

/** Not imported, as in `socket-table.ts`. */
const fs = process.getBuiltinModule('node:fs');

export class SpareDescriptor {
  #fd = open();

  /** Frees the descriptor, for a call in this same tick. False where there is none to free. */
  spend(): boolean {
    if (this.#fd < 0) this.#fd = open();
    if (this.#fd < 0) return false;
    this.close();
    return true;
  }

  /** Takes one again. If there is none, the next `spend` tries. */
  renew(): void {
    if (this.#fd < 0) this.#fd = open();
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }
}

function open(): number {
  try {
    return fs.openSync(devNull, 'r');
  } catch {
    return -1;
  }
}

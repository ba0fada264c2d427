/**
 * Reads a file that a config names: a bounded one, and a file alone. What comes out of a pipe or a device need not end, and
 * nobody may ever write into the pipe.
 */
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** More than a chain, or some hundred trusted certificates. */
const MOST_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Not everywhere. */
const { O_RDONLY, O_NONBLOCK = 0 } = constants as Partial<typeof constants> & { readonly O_RDONLY: number };

/** There is something at the path that is not read. `message`: what, e.g. `it is a named pipe, and no file`. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
  /** A sentence. */
  readonly cure: string;

  constructor(message: string, cure: string) {
    super(message);
    this.cure = cure;
  }
}

/** A link counts as what it leads to. `most`: bytes. Rejects with a {@link FileRefused}, or as `open` does. */
export async function readRegularFile(path: string, most = MOST_BYTES): Promise<Buffer> {
  // Before it is opened: that alone makes some devices do something.
  requireRegular(await stat(path));
  // Something else may be there by now, so opening it does not wait for whoever writes into a pipe.
  const handle = await open(path, O_RDONLY | O_NONBLOCK);
  try {
    requireRegular(await handle.stat());
    return await readBounded(handle, most);
  } finally {
    await handle.close();
  }
}

/** What its size says is not relied on: it may grow meanwhile. */
async function readBounded(handle: FileHandle, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    length += bytesRead;
    if (length > most) throw new FileRefused(`it is larger than ${most / 1024} KiB`, 'Name the file itself.');
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function requireRegular(found: Stats): void {
  if (found.isFile()) return;
  const kind = found.isDirectory() ? 'folder' : found.isFIFO() ? 'named pipe' : found.isSocket() ? 'socket' : 'device';
  throw new FileRefused(`it is a ${kind}, and no file`, 'Put a file in its place, or name another one.');
}

/**
 * The file of a unix listener. A socket is bound beside its path, gets its mode and group there, and is then renamed
 * onto the path: so whoever finds the file can connect, and nobody who may not. It is never bound by the path itself,
 * since closing a socket unlinks the name that it was bound by, whoever has that by then.
 */
import type { BigIntStats } from 'node:fs';
import net from 'node:net';
import { basename, dirname, join } from 'node:path';
import { isAbstract, socketPathOf } from '../../core/unix-address.ts';

/** Not imported: an import reads every name of the module, and `promises` brings the line editor of terminals with it. */
const fs = process.getBuiltinModule('node:fs');

/** What tells a file from any other of the same name. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What a listener says of its file. */
export interface FileSettings {
  readonly mode?: number | undefined;
  /** Left out: as the system has it, that of the process. */
  readonly group?: string | number | undefined;
}

/** Why a path cannot be used; `code` as the system would say it, or `NO_SUCH_GROUP`. */
class Unusable extends Error {
  readonly code: string;
  override readonly name = 'Unusable';

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const MOST_BINDS = 1000;
let binds = 0;

/** A name in the same folder that nobody else has: `.web.sock.4711.12`. */
export function nameBeside(path: string): string {
  binds = (binds + 1) % MOST_BINDS;
  return join(dirname(path), `.${basename(path)}.${process.pid}.${binds}`);
}

/**
 * Rejects where the address belongs to somebody else: another process listens there, or there is a file that is no
 * socket. What a process has left behind that is gone counts as nobody's, and so does a file of `own`.
 */
export async function requireVacant(address: string, own: readonly FileIdentity[]): Promise<void> {
  const path = socketPathOf(address);
  if (!isAbstract(address)) {
    fs.statSync(dirname(path));
    const found = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined || own.some((file) => isSame(found, file))) return;
    if (!found.isSocket()) throw new Unusable('EEXIST');
  }
  await knock(path);
}

/** Whoever answers, or could not be asked, is there. */
function knock(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path });
    socket.on('connect', () => {
      socket.destroy();
      reject(new Unusable('EADDRINUSE'));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve();
      else reject(error.code === 'EACCES' ? error : new Unusable('EADDRINUSE'));
    });
  });
}

/** Gives the file its mode and group, and returns what it is known by. Throws where the system refuses. */
export function equip(path: string, { mode, group }: FileSettings): FileIdentity {
  if (mode !== undefined) fs.chmodSync(path, mode);
  if (group !== undefined) fs.lchownSync(path, -1, groupId(group));
  return identify(fs.lstatSync(path, { bigint: true }));
}

/** The same for a file in its place; one that another has put there stays as it is. */
export function equipAgain(path: string, file: FileIdentity, spec: FileSettings): void {
  if (isOurs(path, file)) equip(path, { ...spec, group: spec.group ?? process.getgid?.() });
}

/** Puts it in its place, whatever is there. */
export function place(from: string, to: string): void {
  fs.renameSync(from, to);
}

/** Removes the file where it is ours. */
export function remove(path: string, file: FileIdentity): void {
  try {
    if (isOurs(path, file)) fs.unlinkSync(path);
  } catch {
    // Gone meanwhile, or the folder is not ours any more.
  }
}

/** The number of a group. Throws where this machine does not know its name. */
export function groupId(group: string | number): number {
  if (typeof group === 'number') return group;
  const lines = fs.readFileSync('/etc/group', 'utf8').split('\n');
  const found = lines.map((line) => line.split(':')).find(([name]) => name === group);
  if (found === undefined) throw new Unusable('NO_SUCH_GROUP');
  return Number(found[2]);
}

function isOurs(path: string, file: FileIdentity): boolean {
  const found = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found !== undefined && isSame(found, file);
}

function isSame(found: FileIdentity, file: FileIdentity): boolean {
  return found.dev === file.dev && found.ino === file.ino;
}

function identify({ dev, ino }: BigIntStats): FileIdentity {
  return { dev, ino };
}

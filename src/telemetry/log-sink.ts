/** Where the text of the access log goes. Nothing here waits: what cannot leave is dropped and counted. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogTarget } from '../core/access-log.ts';
import { DescriptorSink } from './descriptor-sink.ts';
import { LogFile } from './log-file.ts';

export interface SinkEvents {
  /** The sink is of no use any more; what is written to it from now on is dropped. */
  onTrouble(error: Error): void;
  /** So many lines were lost: those that were given to it and have not left, too. */
  onDrop(lines: number): void;
}

export interface LogSink {
  /** Whole lines, which are the sink's from now on. */
  write(text: Buffer): void;
  /** Bytes that have not reached the operating system. */
  readonly waiting: number;
  /** Goes on in a new file of the same name: somebody has moved the old one away. */
  reopen(): void;
  /** Resolves when all has left, or cannot. */
  end(): Promise<void>;
}

/** Rejects where the file cannot be opened. */
export async function openSink(target: LogTarget, events: SinkEvents): Promise<LogSink> {
  if (target.kind !== 'file') return new DescriptorSink(target.kind === 'stdout' ? 1 : 2, null, events);
  makeFolder(dirname(target.path));
  const file = new LogFile(target.path, target.rotate);
  return new DescriptorSink(await file.open(), file, events);
}

/** Step by step: Node's recursive mkdir never returns where the system says ENOENT although the parent is there (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** The folders in which a change can lead a path to another file. */
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, parse, sep } from 'node:path';

/** The number of links that Linux follows. */
const MOST_LINKS = 40;

/**
 * The folder each link on the way lies in, that of the file behind them all, and the file itself where it is a folder.
 * Where something is missing on the way, last the folder it would be in. `path` is absolute.
 */
export function foldersOnTheWay(path: string): readonly string[] {
  const folders = new Set<string>();
  const { root } = parse(path);
  let at = root;
  let left = partsOf(path);
  let links = 0;
  while (left.length > 0) {
    const [name, ...rest] = left;
    const next = join(at, name);
    const kind = kindOf(next);
    if (kind === 'missing' || rest.length === 0) folders.add(at);
    if (kind === 'missing') break;
    if (kind === 'link') {
      folders.add(at);
      if (++links > MOST_LINKS) break;
      const target = targetOf(next);
      if (isAbsolute(target)) at = root;
      left = [...partsOf(target), ...rest];
    } else {
      if (kind === 'folder' && rest.length === 0) folders.add(next);
      at = name === '..' ? dirname(at) : next;
      left = rest;
    }
  }
  return [...folders];
}

function partsOf(path: string): readonly string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((part) => part !== '' && part !== '.');
}

function kindOf(path: string): 'link' | 'folder' | 'file' | 'missing' {
  try {
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) return 'link';
    return stats.isDirectory() ? 'folder' : 'file';
  } catch {
    // It does not exist, is not readable, or is below something that is not a folder.
    return 'missing';
  }
}

/** `''` where the link has gone meanwhile: its folder is watched already. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

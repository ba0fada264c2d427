/**
 * Which servers are instances of one application: those of one program with the same command line in the same folder,
 * apart from numbers, which are ports and the like. A server that is not known to be the same is an application of its
 * own.
 */
import { basename } from 'node:path';
import type { PortHolder } from '../../machine/listening-ports.ts';

export interface Application<T> {
  /** A label of a host name, different for each: `shop`. */
  readonly name: string;
  readonly servers: readonly T[];
}

interface Held {
  readonly port: number;
  /** Null: not known. */
  readonly holder: PortHolder | null;
}

/** In the order of their first servers. */
export function groupByApplication<T extends Held>(servers: readonly T[]): readonly Application<T>[] {
  const groups = new Map<string, T[]>();
  for (const server of servers) {
    const key = keyOf(server);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [server]);
    else group.push(server);
  }
  const taken = new Set<string>();
  return [...groups.values()].map((group) => {
    const [first] = group;
    const name = freeName(nameOf(first.holder), first.port, taken);
    taken.add(name);
    return { name, servers: group };
  });
}

function keyOf({ port, holder }: Held): string {
  if (holder === null || holder.command.length === 0) return `port ${port}`;
  const { command, folder } = holder;
  return JSON.stringify([folder, ...command]).replace(/\d+/g, '#');
}

/** Names that say nothing about an application: then its folder names it. */
const COMMON =
  /^(?:server|index|main|app|start|run|cli|www|bin|dist|build|src|node|bun|deno|python|ruby|java|php|perl|npm|exec|serve|dev)?$/;
const INTERPRETER = /^(?:node|bun|deno|python|ruby|php|perl|java)[\d.]*$/;

/** `''`: nothing names it. */
function nameOf(holder: PortHolder | null): string {
  if (holder === null) return '';
  const [path = holder.program, ...words] = holder.command;
  const program = basename(path);
  const script = INTERPRETER.test(program) ? scriptOf(words) : program;
  const names = [basename(script).replace(/\.\w{1,4}$/, ''), ...foldersOf(holder.folder)];
  return names.map(toLabel).find((name) => !COMMON.test(name)) ?? '';
}

/** The file that an interpreter runs, or the module. */
function scriptOf(words: readonly string[]): string {
  return words.find((word) => /^[^-].*\.\w+$/.test(word)) ?? words.find((word) => /^[^-]/.test(word)) ?? '';
}

/** From the inside out. */
function foldersOf(folder: string): readonly string[] {
  return folder.split('/').toReversed();
}

function toLabel(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-\d]+|-+$/g, '')
    .slice(0, 40);
}

function freeName(wanted: string, port: number, taken: ReadonlySet<string>): string {
  if (wanted === '') return `port-${port}`;
  return taken.has(wanted) ? `${wanted}-${port}` : wanted;
}

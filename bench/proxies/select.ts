/** Which proxies take part: those asked for, those that can run here, and those that the command line adds. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findCommand, installMissing } from '../commands.ts';
import type { BenchOptions } from '../options.ts';
import { PROXIES } from './all.ts';
import { fairleadOf } from './fairlead.ts';
import type { ProxyKind } from './proxy.ts';

/**
 * Installs what is missing where it can.
 * @returns the proxies that can run here, and a note for each that cannot
 * @throws Error if nothing can be measured at all
 */
export async function selectProxies(
  options: BenchOptions,
  say: (line: string) => void,
): Promise<{ proxies: ProxyKind[]; notes: string[] }> {
  const wanted = [...namedProxies(options.proxies), ...(await extraProxies(options))];
  const twice = wanted.find(({ name }, index) => wanted.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new Error(`two proxies are called ${twice.name}`);
  // Go also builds the upstream, so it is worth installing even where its own column is not asked for.
  const programs = new Set(['wrk', 'go', ...wanted.flatMap(({ program }) => program ?? [])]);
  const notes = options.mayInstall ? installMissing([...programs], say) : [];
  if (findCommand('wrk') === null) throw new Error([...notes, 'nothing can be measured without wrk'].join('\n'));
  if (findCommand('taskset') === null) throw new Error('nothing can be pinned to a core without taskset (util-linux)');
  const proxies: ProxyKind[] = [];
  for (const proxy of wanted) {
    const missing = proxy.missing();
    if (missing === null) proxies.push(proxy);
    else notes.push(`${proxy.label} is left out: ${missing}`);
  }
  return { proxies, notes };
}

function namedProxies(names: readonly string[]): readonly ProxyKind[] {
  const unknown = names.filter((name) => !PROXIES.some((proxy) => proxy.name === name));
  if (unknown.length > 0) throw new Error(`no such proxy: ${unknown.join(', ')}`);
  return names.length === 0 ? PROXIES : PROXIES.filter(({ name }) => names.includes(name));
}

async function extraProxies({ against, modules }: BenchOptions): Promise<ProxyKind[]> {
  const extra = against === null ? [] : [fairleadOf(resolve(against), 'fairlead-against', 'Fairlead of --against')];
  for (const file of modules) {
    const module = (await import(pathToFileURL(resolve(file)).href)) as { proxy?: ProxyKind };
    if (module.proxy === undefined) throw new Error(`${file} exports no \`proxy\``);
    extra.push(module.proxy);
  }
  return extra;
}

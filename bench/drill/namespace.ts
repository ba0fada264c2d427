/**
 * A network namespace of the drill's own, where packets can be lost without touching anything of the machine. It takes
 * root, `unshare` (util-linux), `ip` (iproute2) and `nft` (nftables).
 */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { findCommand } from '../commands.ts';

const INSIDE = 'FAIRLEAD_DRILL_NAMESPACE';
const TABLE = 'inet drill';
const execute = promisify(execFile);

export function isInNamespace(): boolean {
  return process.env[INSIDE] === '1';
}

/** Why there cannot be one here, or null. */
export function whyNoNamespace(): string | null {
  if (process.getuid?.() !== 0) return 'a network namespace takes root';
  const missing = ['unshare', 'ip', 'nft'].filter((program) => findCommand(program) === null);
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  const { status, stderr } = spawnSync('unshare', ['--net', 'true'], { encoding: 'utf8' });
  return status === 0 ? null : stderr.trim();
}

/** Runs this program with these arguments once more, inside; returns its exit code. */
export function runInNamespace(args: readonly string[]): number {
  const script = 'ip link set lo up && exec "$@"';
  const command = ['--net', 'sh', '-c', script, 'sh', process.execPath, ...args];
  const { status } = spawnSync('unshare', command, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  return status ?? 1;
}

/**
 * From now on packets from and to this port are lost; null: none are. One transaction, and in a process beside this one:
 * clients that stand still meanwhile would send in one burst what was due.
 */
export async function losePackets(port: number | null): Promise<void> {
  const clear = [`add table ${TABLE}`, `delete table ${TABLE}`];
  const lose = [
    `add table ${TABLE}`,
    `add chain ${TABLE} input { type filter hook input priority 0; }`,
    `add rule ${TABLE} input tcp dport ${port} drop`,
    `add rule ${TABLE} input tcp sport ${port} drop`,
  ];
  const nft = execute('nft', ['-f', '-']);
  nft.child.stdin?.end(`${[...clear, ...(port === null ? [] : lose)].join('\n')}\n`);
  await nft;
}

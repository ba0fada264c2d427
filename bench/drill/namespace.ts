/**
 * A network namespace of the drill's own, where packets can be lost without touching anything of the machine. It takes
 * root, `unshare` (util-linux), `ip` (iproute2) and `nft` (nftables).
 */
import { spawnSync } from 'node:child_process';
import { findCommand } from '../commands.ts';

const INSIDE = 'FAIRLEAD_DRILL_NAMESPACE';
const TABLE = 'inet drill';

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

/** From now on packets from and to this port are lost; null: none are. */
export function losePackets(port: number | null): void {
  nft(`add table ${TABLE}`);
  nft(`delete table ${TABLE}`);
  if (port === null) return;
  nft(`add table ${TABLE}`);
  nft(`add chain ${TABLE} input { type filter hook input priority 0; }`);
  nft(`add rule ${TABLE} input tcp dport ${port} drop`);
  nft(`add rule ${TABLE} input tcp sport ${port} drop`);
}

function nft(command: string): void {
  const { status, stderr } = spawnSync('nft', command.split(' '), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`nft ${command}: ${stderr.trim()}`);
}

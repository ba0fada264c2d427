/** What the checks of few configs need. */
import { diffSnapshots } from '../../config/diff.ts';
import type { Config } from '../../config/config.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { HealthKeeper } from './health.ts';

/** `from`: what is checked so far. */
export async function loadForChecks({ pools }: Config, health: HealthKeeper, from: Snapshot | null): Promise<void> {
  if (pools.some(({ checks }) => checks.some(({ kind }) => kind === 'https'))) {
    const { requireCheckFiles } = await import('../../checks/trusted-certificates.ts');
    await requireCheckFiles(pools);
  }
  if (pools.some(({ agent }) => agent !== null))
    await health.loadAgents(from === null ? [] : diffSnapshots(null, from));
}

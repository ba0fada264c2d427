/** What a config may say and hardly anybody should, a sentence each. */
import type { Config } from '../config/config.ts';

export function listWarnings({ pools }: Config): readonly string[] {
  return pools
    .filter(({ checks }) => checks.some((check) => check.kind === 'https' && !check.verify))
    .map(({ id }) => `pool ${id}: its https check trusts whoever answers (verify: off)`);
}

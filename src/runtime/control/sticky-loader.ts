/** The values of sticky pools: most configs have none, and load nothing of them. */
import type { Config } from '../../config/config.ts';
import type { StickyValues } from './sticky-values.ts';

export class StickyLoader {
  /** Null: there was no sticky pool yet. */
  values: StickyValues | null = null;

  async load({ pools }: Config): Promise<void> {
    if (pools.every(({ sticky }) => sticky === null)) return;
    if (this.values === null) {
      const loaded = await import('./sticky-values.ts');
      this.values = new loaded.StickyValues();
    }
    await this.values.load(pools);
  }
}

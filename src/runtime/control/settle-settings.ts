import type { Settings } from '../../core/settings.ts';
import { countConnections } from './descriptors.ts';
import { countMemory } from './memory-limit.ts';

/** Works out what a config leaves to the machine it runs on. */
export function settleSettings(settings: Settings<'auto'>): Settings {
  const { memory, maxConnections } = settings;
  return {
    ...settings,
    memory: { maxBytes: countMemory(memory.maxBytes) },
    maxConnections: countConnections(maxConnections),
  };
}

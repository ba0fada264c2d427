import type { Settings } from '../../core/settings.ts';
import { countConnections } from './descriptors.ts';

/** Works out what a config leaves to the machine it runs on. */
export function settleSettings(settings: Settings<'auto'>): Settings {
  return { ...settings, maxConnections: countConnections(settings.maxConnections) };
}

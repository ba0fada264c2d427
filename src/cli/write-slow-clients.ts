import type { SlowClientSpec } from '../core/settings.ts';
import type { Written } from './written-map.ts';
import { formatByteRateOrOff, formatDuration } from './written-units.ts';

export function writeSlowClients(slow: SlowClientSpec | null): Written | 'off' {
  if (slow === null) return 'off';
  return {
    bodyRate: formatByteRateOrOff(slow.bodyBytesPerSecond),
    responseRate: formatByteRateOrOff(slow.responseBytesPerSecond),
    grace: formatDuration(slow.graceMs),
  };
}

import type { CorsSpec } from '../core/snapshot.ts';
import type { Written } from './written-map.ts';
import { formatDurationOrOff, onOff } from './written-units.ts';

export function writeCors(cors: CorsSpec | undefined): Written | undefined {
  if (cors === undefined) return undefined;
  const { anyHeader, headers, maxAgeSeconds, ...rest } = cors;
  return {
    ...rest,
    credentials: onOff(cors.credentials),
    headers: anyHeader ? ['any', ...headers] : headers,
    maxAge: formatDurationOrOff(maxAgeSeconds * 1000),
    refuse: onOff(cors.refuse),
  };
}

/** `tls` of a pool as a config file says it. */
import type { PoolTlsSpec } from '../core/tls-files.ts';
import { onOff } from './written-units.ts';

export function writePoolTls(tls: PoolTlsSpec | null): unknown {
  if (tls === null) return 'off';
  const { ca, certificate, key, name, verify, minVersion, alpn } = tls;
  const named = Object.entries({ ca, certificate, key, name }).filter(([, text]) => text !== '');
  return { ...Object.fromEntries(named), verify: onOff(verify), minVersion, alpn };
}

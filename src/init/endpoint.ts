/** An endpoint as short as it can be written. */
import type { EndpointInput } from '../config/config-input.ts';

export interface EndpointFacts {
  readonly weight: number;
  /** 0: no limit. */
  readonly maxRequests: number;
  readonly isBackup: boolean;
}

export function toEndpoint(address: string, { weight, maxRequests, isBackup }: EndpointFacts): string | EndpointInput {
  if (weight === 1 && maxRequests === 0 && !isBackup) return address;
  return {
    address,
    ...(weight === 1 ? {} : { weight }),
    ...(maxRequests === 0 ? {} : { maxRequests }),
    ...(isBackup ? { backup: 'on' } : {}),
  };
}

/** What all active checks of a process share. */
import { BareConnects } from '../../checks/bare-connects.ts';
import type { CheckTools } from '../../checks/endpoint-check.ts';
import { Lateness } from '../../checks/lateness.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';

export function createCheckTools(
  { clock, random, scheduler, probes }: Pick<ControlPlaneOptions, 'clock' | 'random' | 'scheduler' | 'probes'>,
  checksOf: NonNullable<CheckTools['checksOf']>,
): CheckTools {
  const lateness = new Lateness(clock, scheduler);
  const bareConnects = new BareConnects({ clock, scheduler, probes });
  return { clock, random, scheduler, probes, lateness, bareConnects, checksOf };
}

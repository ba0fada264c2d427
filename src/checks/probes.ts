/** Every kind of active check. A new one is a file, and a line here. */
import type { CheckSpec } from '../core/snapshot.ts';
import { probeHttp } from './http-probe.ts';
import type { Probe } from './probe.ts';
import { probeTcp } from './tcp-probe.ts';

export const PROBES: Readonly<Record<CheckSpec['kind'], Probe>> = Object.freeze({ tcp: probeTcp, http: probeHttp });

/** Every kind of active check. A new one is a file, and a line here; what few use is loaded by its first try. */
import { probeHttp } from './http-probe.ts';
import type { Probes } from './probe.ts';
import { probeTcp } from './tcp-probe.ts';

export const PROBES: Probes = Object.freeze({
  tcp: probeTcp,
  http: probeHttp,
  https: async (...asked) => (await import('./https-probe.ts')).probeHttps(...asked),
  grpc: async (...asked) => (await import('./grpc-probe.ts')).probeGrpc(...asked),
} satisfies Probes);

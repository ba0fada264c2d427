/** Every kind of active check. A new one is a file, and a line here; what few use is loaded by its first try. */
import type { Probes } from './probe.ts';
import { probeTcp } from './tcp-probe.ts';

export const PROBES: Probes = Object.freeze({
  tcp: probeTcp,
  http: async (...asked) => (await import('./http-probe.ts')).probeHttp(...asked),
  https: async (...asked) => (await import('./https-probe.ts')).probeHttps(...asked),
  grpc: async (...asked) => (await import('./grpc-probe.ts')).probeGrpc(...asked),
} satisfies Probes);

/** Every kind of active check. A new one is a file, and a line here. */
import { probeGrpc } from './grpc-probe.ts';
import { probeHttp } from './http-probe.ts';
import { probeHttps } from './https-probe.ts';
import type { Probes } from './probe.ts';
import { probeTcp } from './tcp-probe.ts';

export const PROBES: Probes = Object.freeze({ tcp: probeTcp, http: probeHttp, https: probeHttps, grpc: probeGrpc });

/** `fairlead dev`: balance while somebody works on the config and the servers behind it. */
import { styleText } from 'node:util';
import type { Config } from '../config/config.ts';
import type { AccessLogSpec, LogPart, RouteLogSpec } from '../core/access-log.ts';
import type { ConfigArguments, ConfigSource } from './config-source.ts';
import { EXIT_USAGE } from './exit-codes.ts';
import { serve } from './serve.ts';

export interface DevOptions extends ConfigArguments {
  /** Default: 1. */
  readonly threads: number;
  readonly watch: boolean;
  /** Asks authorities for certificates, as `run` does. Default: no. */
  readonly acme?: boolean;
}

/** Resolves to the exit code once everything has ended. */
export async function dev(options: DevOptions): Promise<number> {
  const { openConfigSource } = await import('./config-source.ts');
  const source = await openConfigSource(options);
  return source === null ? EXIT_USAGE : devFrom(source, options);
}

/** The same with a config that has been found; `onServing` is called when it listens. */
export function devFrom(
  source: ConfigSource,
  { threads, watch, acme: getsCertificates = false }: DevOptions,
  onServing?: () => void,
): Promise<number> {
  const adapt = (config: Config): Config => withRequestLines({ ...config, threads });
  const ofDev = { reloadOnHangUp: false, hasDoor: false, logFormat: 'text' } as const;
  return serve({ source, adapt, watch, getsCertificates, ...ofDev, onServing });
}

/** A short line for each request, if the config has no access log of its own. */
function withRequestLines(config: Config): Config {
  if (config.settings.accessLog !== null) return config;
  const every: RouteLogSpec = { level: 'info', only: 'all', slowMs: 1000, sample: 1 };
  const accessLog: AccessLogSpec = {
    format: requestLine(),
    to: { kind: 'stdout' },
    mask: [],
    bufferBytes: 1024 * 1024,
    unrouted: every,
  };
  const routes = config.routes.map((route) => ({ ...route, accessLog: every }));
  return { ...config, routes, settings: { ...config.settings, accessLog } };
}

/** `GET localhost:8080/x 200 localhost:8081 1.2 ms`, its status in bold on a terminal. */
function requestLine(): readonly LogPart[] {
  const [begin, end] = styleText('bold', '|', { stream: process.stdout }).split('|');
  return [
    { field: 'method' },
    { text: ' ' },
    { field: 'host' },
    { field: 'path' },
    { text: ` ${begin}` },
    { field: 'status' },
    { text: `${end} ` },
    { field: 'endpoint' },
    { text: ' ' },
    { field: 'totalMs' },
    { text: ' ms ' },
    { field: 'reason' },
  ];
}

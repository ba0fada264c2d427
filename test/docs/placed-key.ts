/** Configs in which a key can be written: the smallest, with what must stand beside it. */
import { type ParsedConfig, parseConfig } from '../../src/config/load.ts';

type Written = Record<string, unknown>;

/** The config without the key. */
export function surroundingsOf(path: string): Written {
  // Of the kind that the key is of, where it is one.
  const kind = /^pools\.\*\.check\.(tcp|https|grpc)\b/.exec(path)?.[1] ?? 'http';
  const check = { [kind]: {} };
  const agent = path.startsWith('pools.*.agent.') ? { agent: { port: 8081 } } : {};
  const hasCheck = path.startsWith('pools.*.check.') || path.startsWith('defaults.check.');
  // Without it, none of its keys says anything.
  const hasBreaker = (owner: string): boolean => path.startsWith(`${owner}.breaker.`);
  const match = path.startsWith('routes.*.match.path.') || path === 'routes.*.path' ? { path: { regex: '(a)' } } : {};
  const inPolicy = (owner: string): Written =>
    path.startsWith(`${owner}.policy.hash.`) ? { policy: { hash: {} } } : {};
  const sticky = /^(pools\.\*|defaults)\.sticky\./.test(path) ? { sticky: {} } : {};
  const replace = path.startsWith('routes.*.replacePrefix.') ? { replacePrefix: { prefix: '/v1', by: '/v2' } } : {};
  const rotate = path.startsWith('accessLog.to.rotate.') ? { rotate: {} } : {};
  const to = path.startsWith('accessLog.to.') ? { to: { file: 'access.log', ...rotate } } : {};
  const isOfSocket = path === 'listeners.*.mode' || path === 'listeners.*.group';
  const accessLog = path.startsWith('accessLog.') ? { accessLog: to } : {};
  const from = path.startsWith('listeners.*.proxyProtocol.') ? { proxyProtocol: { from: '10.0.0.1' } } : {};
  const shown = path.endsWith('.tls.key') ? { certificate: './client.pem' } : {};
  const poolTls = /^(pools\.\*|defaults)\.tls\./.test(path) ? { tls: shown } : {};
  const version = path.startsWith('pools.*.proxyProtocol.') ? { proxyProtocol: { version: 2 } } : {};
  // A listener of layer 4 has a pool of its own, beside one that takes HTTP.
  const [, layer4 = null] = /^listeners\.\*\.(tcp|udp)\b/.exec(path) ?? [];
  const isLayer4 = layer4 !== null;
  const other = layer4 === 'udp' ? 'resolvers' : 'postgres';
  const below = isLayer4 && path.split('.').length > 3 ? { [layer4]: { pool: other } } : {};
  const passthrough = path === 'listeners.*.tls.passthrough' ? { legacy: ['localhost:8443'] } : {};
  // Where the rate is looked at, it stands alone.
  const limit = path.endsWith('.rate') ? {} : { rate: '100/s' };
  const rateLimit = path.startsWith('routes.*.rateLimit.') ? { rateLimit: limit } : {};
  const cors = /^routes\.\*\.cors\.(?!origins)/.test(path) ? { cors: { origins: 'https://app.example' } } : {};
  const ownMax = path.endsWith('.max') ? {} : { max: 20 };
  const concurrency = path.startsWith('routes.*.concurrency.') ? { concurrency: ownMax } : {};
  const redirect = path.startsWith('routes.*.redirect.') && !path.endsWith('.to') ? { redirect: { to: 'https' } } : {};
  const target = path.startsWith('routes.*.redirect') ? redirect : { pool: 'web' };
  const isOfStep = path.startsWith('routes.*.middleware.*.');
  const step = path.endsWith('.module') ? {} : { module: './step.ts' };
  const middleware = isOfStep ? { middleware: [step] } : {};
  const isSource = /^listeners\.\*\.tls\.certificates\.(?:cert|pkcs12)$/.test(path);
  const isOfClients = path.startsWith('listeners.*.tls.clientCertificate.');
  const clients = isOfClients ? { clientCertificate: { ca: 'clients.pem' } } : {};
  const certificates = isSource ? {} : { cert: 'a.pem' };
  const tls = path.startsWith('listeners.*.tls.') ? { tls: { certificates, ...clients } } : {};
  const isAcme = path.startsWith('acme.') || path.startsWith('listeners.*.tls.acme');
  const challenge = path.startsWith('acme.') ? {} : { challenge: 'tls-alpn-01' };
  const isOfList = path.startsWith('lists.*.') && !/\.(?:addresses|file|url)$/.test(path);
  const lists = isOfList ? { lists: { web: { file: 'drop.netset' } } } : {};
  // What the examples of the two rules name.
  const isRule = path === 'routes.*.allow' || path === 'routes.*.deny';
  return {
    ...accessLog,
    ...lists,
    ...(path.startsWith('banTable.') ? { banTable: {} } : {}),
    ...(isRule ? { lists: { office: '10.0.0.0/8', drop: '10.6.6.6' } } : {}),
    ...(isAcme ? { stateDir: '/var/lib/fairlead', acme: { terms: 'agreed', ...challenge } } : {}),
    ...(path.startsWith('defaults.policy.') ? { defaults: inPolicy('defaults') } : {}),
    ...(path.startsWith('defaults.sticky.') ? { defaults: sticky } : {}),
    ...(path.startsWith('defaults.tls.') ? { defaults: poolTls } : {}),
    ...(hasBreaker('defaults') ? { defaults: { breaker: {} } } : {}),
    listeners: {
      web: { address: isOfSocket ? 'unix:/run/web.sock' : '127.0.0.1:8080', ...from, ...below, ...tls },
      ...(isLayer4 ? { http: '127.0.0.1:8081' } : {}),
    },
    ...(path.startsWith('rateLimits.*.') ? { rateLimits: { web: limit } } : {}),
    routes: [
      { ...target, ...rateLimit, ...concurrency, ...cors, match, ...middleware, ...replace, ...inPolicy('routes.*') },
    ],
    pools: {
      ...(isLayer4 ? { [other]: ['localhost:5432'] } : {}),
      ...passthrough,
      web: {
        endpoints: [{ address: 'localhost:8081' }],
        ...(hasCheck ? { check } : {}),
        ...agent,
        ...version,
        ...(path.startsWith('pools.') ? { ...sticky, ...poolTls } : {}),
        ...(hasBreaker('pools.*') ? { breaker: {} } : {}),
        ...inPolicy('pools.*'),
      },
    },
  };
}

/** The config with it. */
export function configWith(path: string, value: unknown): Written {
  const config = surroundingsOf(path);
  const names = path.split('.');
  let place: Written | Written[] = config;
  for (const name of names.slice(0, -1)) place = step(place, name);
  (place as Written)[names[names.length - 1]] = value;
  return config;
}

function step(place: Written | Written[], name: string): Written | Written[] {
  if (Array.isArray(place)) return place[0];
  const key = name === '*' ? 'web' : name;
  place[key] ??= {};
  return place[key] as Written | Written[];
}

/** By way of text, as a file would come. */
export function parse(config: unknown): ParsedConfig {
  return parseConfig(JSON.stringify(config), 'probe.json');
}

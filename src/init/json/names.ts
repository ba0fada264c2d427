/** What the keys of JSON configs are called, in all the ways people call them. Compared without case, `_` and `-`. */
import type { JsonEntry } from './json-entry.ts';

export const NAMES = {
  port: ['port', 'listenport', 'lbport', 'proxyport', 'httpport', 'serverport'],
  host: ['host', 'hostname', 'bind', 'bindaddress', 'listenhost', 'listenaddress', 'lbhost'],
  listen: [
    'listen',
    'listener',
    'server',
    'proxy',
    'loadbalancer',
    'lb',
    'balancer',
    'frontend',
    'http',
    'main',
    'config',
  ],
  policy: [
    'algorithm',
    'strategy',
    'policy',
    'method',
    'lbalgorithm',
    'balancing',
    'loadbalancing',
    'balance',
    'lbstrategy',
    'loadbalancingalgorithm',
    'scheduling',
    'mode',
    'loadbalancingmethod',
    'routingstrategy',
    'lbalgo',
    'algo',
  ],
  servers: [
    'servers',
    'backends',
    'upstreams',
    'targets',
    'endpoints',
    'beservers',
    'nodes',
    'workers',
    'instances',
    'members',
    'backendservers',
    'serverlist',
    'addresses',
    'origins',
    'forwardto',
    'destinations',
    'apps',
  ],
  pool: [
    'pool',
    'pools',
    'upstream',
    'backend',
    'cluster',
    'clusters',
    'service',
    'services',
    'group',
    'groups',
    'target',
    'to',
    'dest',
    'destination',
    'proxypass',
    'origin',
    'forward',
  ],
  url: ['url', 'uri', 'address', 'addr', 'href', 'target', 'endpoint', 'origin'],
  serverHost: ['host', 'hostname', 'ip', 'domain', 'address', 'addr', 'ipaddress'],
  weight: ['weight'],
  label: ['name', 'id', 'label', 'description', 'comment', 'version', '$schema', 'title', 'tags', 'zone', 'region'],
  disabled: ['disabled', 'down'],
  enabled: ['enabled', 'active', 'up', 'alive', 'healthy', 'isalive', 'ishealthy', 'isactive'],
  maxConnections: ['maxconnections', 'maxconns', 'maxconn', 'connectionlimit'],
  check: ['healthcheck', 'health', 'healthchecks', 'check', 'healthcheckconfig', 'healthmonitor', 'heartbeat'],
  checkPath: [
    'path',
    'url',
    'uri',
    'endpoint',
    'bepingpath',
    'pingpath',
    'healthcheckpath',
    'healthpath',
    'healthcheckurl',
    'healthurl',
    'route',
  ],
  checkInterval: [
    'interval',
    'intervalms',
    'healthcheckinterval',
    'healthcheckintervalms',
    'checkinterval',
    'period',
    'frequency',
    'healthcheckperiod',
    'every',
    'behealthcheckinterval',
    'behealthcheckperiod',
  ],
  checkTimeout: ['timeout', 'timeoutms', 'healthchecktimeout', 'healthchecktimeoutms', 'checktimeout'],
  fall: [
    'fall',
    'unhealthythreshold',
    'failurethreshold',
    'maxfailures',
    'failures',
    'maxfails',
    'retries',
    'unhealthy',
  ],
  rise: ['rise', 'healthythreshold', 'successthreshold', 'successes', 'healthy'],
  checkMethod: ['method', 'httpmethod'],
  checkStatus: [
    'status',
    'expectedstatus',
    'statuscode',
    'expect',
    'expectstatus',
    'expectedstatuscode',
    'codes',
    'expectedcodes',
  ],
  checkType: ['type', 'protocol', 'kind'],
  routes: [
    'routes',
    'paths',
    'rules',
    'locations',
    'pathrules',
    'proxies',
    'router',
    'routing',
    'proxytable',
    'contexts',
    'mappings',
    'redirects',
    'paths_map',
    'table',
  ],
  hosts: ['hosts', 'vhosts', 'virtualhosts', 'domains', 'sites', 'hostrules', 'hostnames'],
  matchPath: [
    'path',
    'prefix',
    'match',
    'context',
    'pathprefix',
    'location',
    'route',
    'url',
    'from',
    'src',
    'source',
    'pattern',
    'paths',
  ],
  matchHost: ['host', 'hostname', 'domain', 'vhost', 'servername', 'hosts'],
  strip: ['stripprefix', 'strippath', 'striproute', 'prependpath', 'stripuri'],
  pathRewrite: ['pathrewrite', 'rewrite'],
  websocket: ['ws', 'websocket', 'websockets'],
  changeOrigin: ['changeorigin'],
  forwarded: ['xfwd', 'forwarded', 'xforwarded', 'trustproxy'],
  attempts: ['retries', 'maxretries', 'retry', 'retrycount', 'retryattempts', 'beretries'],
  timeout: [
    'timeout',
    'timeoutms',
    'proxytimeout',
    'requesttimeout',
    'requesttimeoutms',
    'responsetimeout',
    'upstreamtimeout',
    'readtimeout',
  ],
  connectTimeout: ['connecttimeout', 'connecttimeoutms', 'connectiontimeout', 'connectiontimeoutms'],
  keepAlive: ['keepalivetimeout', 'keepalivetimeoutms'],
  threads: ['threads', 'processes', 'clusterworkers', 'numworkers', 'workercount'],
  maxBody: ['maxbodysize', 'bodylimit', 'maxbody', 'maxrequestsize', 'limit'],
} as const satisfies Record<string, readonly string[]>;

export type Name = keyof typeof NAMES;

/** Whether an entry is called one of the ways of `name`. */
export function isNamed({ key }: JsonEntry, name: Name): boolean {
  return (NAMES[name] as readonly string[]).includes(plainKey(key));
}

export function findNamed({ children }: JsonEntry, name: Name): JsonEntry | null {
  return children.find((child) => isNamed(child, name)) ?? null;
}

export function plainKey(key: string): string {
  return key.toLowerCase().replace(/[_-]/g, '');
}

const YET: readonly (readonly [RegExp, string])[] = [
  [/ssl|tls|https|cert|secure|letsencrypt/, 'TLS is not built yet: end it in front of Fairlead'],
  [/sticky|session|affinity|cookie/, 'sticky sessions are not built yet'],
  [/ratelimit|throttl|limiter/, 'rate limits are not built yet'],
  [/cache/, 'a cache is not built yet'],
  [/compress|gzip|brotli/, 'compression is not built yet'],
  [/redirect/, 'redirects are not built yet'],
  [/log|debug|verbose/, 'the access log has a config of its own: accessLog'],
  [/static|root|public/, 'Fairlead serves no files'],
  [/header|rewrite|filter|selfhandle|followredirects/, 'headers and bodies are not rewritten yet'],
  [/auth|whitelist|blacklist|allow|deny|cors|ipfilter/, 'access rules and authentication are not built yet'],
  [/circuit|breaker/, 'circuit breakers are not built yet; failures in a row eject an endpoint: pools.*.ejection'],
  [/metric|stat|dashboard|admin|monitor/, 'metrics and an admin API are not built yet'],
  [/backup|priority|fallback/, 'backup servers are not built yet'],
];

/** Guards are listed first. */
export function isGuardKey(key: string): boolean {
  return /auth|whitelist|blacklist|allow|deny|ipfilter/.test(plainKey(key)) && !plainKey(key).includes('health');
}

export function reasonForKey(key: string): string {
  return knownReasonForKey(key) ?? 'Fairlead does not know what this means';
}

export function knownReasonForKey(key: string): string | null {
  return YET.find(([pattern]) => pattern.test(plainKey(key)))?.[1] ?? null;
}

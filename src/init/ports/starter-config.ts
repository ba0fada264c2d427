/** The config that `fairlead init` writes for what it found: a pool for each application, with comments that teach. */
import type { Found, FoundApplication, FoundServer } from './find-servers.ts';

export interface Starter extends Pick<Found, 'applications'> {
  /** Where Fairlead is to listen. */
  readonly port: number;
  /** Names the schema: the first line, without the `#`. */
  readonly schema: string;
}

const EXAMPLE_PORT = 3000;
const NOTHING: FoundApplication = { name: 'web', servers: [], healthPath: null };

/** Without servers it is an example with one endpoint. One application alone is the pool `web`. */
export function writeStarterConfig({ applications, port, schema }: Starter): string {
  const [first = NOTHING] = applications;
  const pools = applications.length > 1 ? applications : [{ ...first, name: 'web' }];
  return `# ${schema}

# Where Fairlead listens. ":${port || 8080}" would be every address of this machine, not this machine alone.
listeners:
  web: 127.0.0.1:${port}

${writeRoutes(pools, port)}

pools:
${pools.map((pool, index) => writePool(pool, index === 0)).join('\n\n')}
`;
}

function writeRoutes(pools: readonly FoundApplication[], port: number): string {
  if (pools.length === 1) {
    return `# With one pool every request goes there. With several, routes say which:
# routes:
#   - { match: { host: api.example.com, path: /v1/* }, pool: api }
#   - { pool: web }`;
  }
  const [{ name }] = pools;
  return `# Which pool gets a request. Every name below localhost is this machine: http://${name}.localhost:${port || 8080}/
routes:
${pools.map((pool) => `  - { match: { host: ${pool.name}.localhost }, pool: ${pool.name} }`).join('\n')}
  # All the rest. Without this line it is answered 404.
  - { pool: ${name} }`;
}

function writePool({ name, servers, healthPath }: FoundApplication, isFirst: boolean): string {
  const endpoints = servers.length === 0 ? [`localhost:${EXAMPLE_PORT}`] : servers.map(writeEndpoint);
  const policy =
    '    # How a server is chosen: power-of-two, peak-ewma, least-connections, round-robin, random, first or hash.\n';
  return `  ${name}:
${isFirst ? policy : ''}    policy: power-of-two
${introduce(servers.length)}
    endpoints:
${endpoints.map((endpoint) => `      - ${endpoint}`).join('\n')}
${writeCheck(servers, healthPath)}`;
}

/** In a few words, for people: `answers 200, nginx, process node`. */
export function describeServer({ status, server, program }: FoundServer): string {
  const parts = [`answers ${status}`, server, program === '' ? '' : `process ${program}`];
  return parts.filter((part) => part !== '').join(', ');
}

function introduce(count: number): string {
  if (count === 0) return '    # The servers. Nothing was found on this machine: put yours here.';
  if (count === 1) return '    # The server that answered on this machine. Add the others.';
  return '    # What answered on this machine. Take out what is another application: a pool is one, several times.';
}

function writeEndpoint(server: FoundServer): string {
  return `localhost:${server.port} # ${describeServer(server)}`;
}

function writeCheck(servers: readonly FoundServer[], path: string | null): string {
  if (path !== null) {
    return `    # Asked every five seconds; one that fails three times in a row gets no requests until it passes again.
    check: { http: ${path}, interval: 5s }`;
  }
  if (servers.length === 0) {
    return `    # Ask a path that says whether a server is well, and it gets no requests while it is not:
    # check: { http: /healthcheck, interval: 5s }`;
  }
  return `    # No path answered 2xx on all of them, so that only the connection is checked.
    # Better is a path that says whether a server is well: check: { http: /healthcheck, interval: 5s }
    check: { tcp: {}, interval: 5s }`;
}

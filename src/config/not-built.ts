/**
 * What other balancers have and Fairlead does not have yet: each is a sentence that ends an error message, with what
 * helps until then if something does. When a part is built, its line is removed here, and its words below.
 */
export const NOT_BUILT = Object.freeze({
  http2: 'HTTP/2 and gRPC are not built yet.',
  mirroring: 'Mirroring is not built yet.',
  split: 'Weighted splits over pools are not built yet; endpoints of one pool have weights.',
  ownAnswers: 'Answers and error pages of your own are not built yet.',
  auth: 'Authentication is not built yet.',
  connections: 'Limits of the connections of a client are not built yet; a route has concurrency, for its requests.',
  cache: 'A cache is not built yet.',
  compression: 'Compression is not built yet; what the servers compress goes through.',
  discovery: 'Discovery of servers is not built yet; names are resolved at the start and at each reload.',
  admin:
    'A dashboard and metrics are not built yet; there are fairlead status and fairlead pools, and stats() of the library.',
  hostRegex: 'Hosts by regular expression are not built yet; "*.example.com" takes every name under it.',
} satisfies Record<string, string>);

export type MissingFeature = keyof typeof NOT_BUILT;

/** The words of other balancers for it, wherever they are written. */
export const NOT_BUILT_WORDS: Readonly<Record<MissingFeature, string>> = {
  http2: 'http2 h2 h2c grpc alpn http3 quic',
  mirroring: 'mirror mirrors mirroring shadow',
  split: 'split splits canary weighted weightedclusters trafficsplit splitclients',
  ownAnswers: 'respond errorpage errorpages errors errorfile directresponse staticresponse status',
  auth: 'auth basicauth authentication jwt oauth oauth2 oidc forwardauth authrequest apikey',
  connections: 'limitconnzone maxconnectionsperclient connectionsperip',
  cache: 'cache caching proxycache',
  compression: 'gzip brotli compress compression zstd encode',
  discovery: 'discovery provider providers docker consul etcd kubernetes k8s dns resolver resolvers registry eureka',
  admin: 'api dashboard stats metrics prometheus tracing opentelemetry otel telemetry ping',
  hostRegex: 'hostregexp hostregex',
};

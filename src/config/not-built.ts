/**
 * What other balancers have and Fairlead does not have yet: each is a sentence that ends an error message, with what
 * helps until then if something does. When a part is built, its line is removed here, and its words in
 * `foreign-keys.ts` too.
 */
export const NOT_BUILT = Object.freeze({
  http2: 'HTTP/2 and gRPC are not built yet.',
  mirroring: 'Mirroring is not built yet.',
  split: 'Weighted splits over pools are not built yet; endpoints of one pool have weights.',
  ownAnswers: 'Answers and error pages of your own are not built yet.',
  rewriting: 'Rewriting beyond a prefix is not built yet; "stripPrefix" and "replacePrefix" are there.',
  headerRewriting: 'Setting and removing headers is not built yet.',
  cors: 'CORS headers are not built yet: let the servers set them.',
  auth: 'Authentication is not built yet.',
  lists: 'Lists of allowed and refused clients are not built yet.',
  rateLimits: 'Limits of rate and of connections per client are not built yet.',
  cache: 'A cache is not built yet.',
  compression: 'Compression is not built yet; what the servers compress goes through.',
  middleware: 'Middleware and plugins are not built yet.',
  discovery: 'Discovery of servers is not built yet; names are resolved at the start and at each reload.',
  admin:
    'A dashboard and metrics are not built yet; there are fairlead status and fairlead pools, and stats() of the library.',
  hostRegex: 'Hosts by regular expression are not built yet; "*.example.com" takes every name under it.',
} satisfies Record<string, string>);

export type MissingFeature = keyof typeof NOT_BUILT;

/**
 * What other load balancers have and `init` cannot take over, each in one place. When Fairlead gets such a part, its
 * line is changed from `coming` to `byHand`, and it is removed when a converter takes it over. No other file says what
 * is missing.
 */

interface Feature {
  readonly state: 'coming' | 'byHand' | 'never';
  /** A noun: `compression`. */
  readonly what: string;
  /** What to do meanwhile, or the page that says how to write it; `''`: nothing. */
  readonly instead: string;
}

/** Fairlead is to have it. */
function coming(what: string, instead = ''): Feature {
  return { state: 'coming', what, instead };
}

/** Fairlead has it, and `init` does not convert it: `page` of docs/ says how it is written. */
function byHand(what: string, page: string): Feature {
  return { state: 'byHand', what, instead: `see docs/${page}` };
}

/** It is not Fairlead's task. */
function never(what: string, instead = ''): Feature {
  return { state: 'never', what, instead };
}

export const FEATURES = {
  access: coming('authentication, and access rules of this kind'),
  addresses: byHand('access rules in this order', 'access.md'),
  rates: byHand('this limit of rate', 'rate-limits.md'),
  concurrency: byHand('this limit of requests at the same time', 'concurrency.md'),
  bandwidth: never('limits of bandwidth'),
  tls: byHand('TLS', 'tls.md'),
  layer4Tls: coming('TLS to endpoints below HTTP'),
  revocation: coming('lists of endpoints’ certificates that were revoked'),
  clientCertificates: byHand('certificates of clients', 'client-certificates.md'),
  http2: coming('HTTP/2 and 3', 'clients of TLS speak HTTP/1.1 then'),
  tcpRules: coming('a choice between pools below HTTP'),
  otherProtocols: never('protocols other than HTTP/1.1 to endpoints'),
  redirects: coming('redirects with another status, by a pattern, or to a computed place'),
  answers: coming('answers of the proxy’s own'),
  requestHeaders: byHand('headers that are set in requests', 'rewriting.md'),
  cors: byHand('CORS', 'cors.md'),
  responseHeaders: byHand('headers of answers that are rewritten', 'rewriting.md'),
  rewriting: byHand('rewriting of requests other than by stripPrefix and replacePrefix', 'rewriting.md'),
  methods: coming('another method or body for endpoints'),
  sticky: byHand('this kind of sticky sessions', 'sticky.md'),
  stickTables: coming('stick tables'),
  policies: byHand('this policy', 'balancing.md'),
  compression: coming('compression'),
  cache: coming('a cache'),
  mirroring: coming('mirroring and weighted splits'),
  metrics: coming('metrics, and an admin API over TCP'),
  resolving: coming('names that are resolved again while it runs'),
  computedNames: coming('addresses, names and headers that are computed'),
  conditions: coming('routes that look at anything but host, path, method, headers, query and cookies'),
  innerLocations: coming('locations for inner use'),
  socketSettings: coming('settings of single sockets'),
  programs: never('programs that a request runs through'),
  files: never('files'),
  mail: never('mail and video'),
} as const satisfies Readonly<Record<string, Feature>>;

export type FeatureName = keyof typeof FEATURES;

/** Why a statement could not be taken over, in words; `then`: what happens to the requests it was about. */
export function lacking(name: FeatureName, then = ''): string {
  return reasonFor(FEATURES[name], then);
}

function reasonFor({ state, what, instead }: Feature, then = ''): string {
  const said = { coming: 'not built yet: ', byHand: 'not converted: ', never: 'not what Fairlead does: ' }[state];
  return [`${said}${what}`, instead, then].filter((part) => part !== '').join('; ');
}

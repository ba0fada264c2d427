/** Keys of other programs' limits of rate, by ours. `a b` are several words. */

/** The titles of their schemas. */
export type LimitMap = 'RateLimit' | 'RouteRateLimit' | 'Concurrency';

const RATE_LIMIT: Readonly<Record<string, string>> = {
  'limit requests count max average points tokens tokensperfill requestsperunit maxevents events quota':
    'Write rate with its time, e.g. rate: 100/s.',
  'period window interval per unit duration fillinterval seconds': 'It stands in the rate, e.g. rate: 100/10s.',
  'size maxtokens capacity bucketsize': 'Write burst, e.g. burst: 200.',
  'by ip source sourcecriterion keyby descriptors': 'Write key, e.g. key: client or key: header.x-api-key.',
  'zonesize maxkeys tablesize maxsize': 'Write keys, e.g. keys: 131072.',
  nodelay: 'Who comes too early is refused at once unless there is wait: take it out.',
  'delay queue maxdelay throttle': 'Write wait, e.g. wait: 500ms.',
  'weight consume': 'Write cost, e.g. cost: 5.',
  'shadow shadowmode logonly testmode': 'Write dryRun, e.g. dryRun: on.',
  'status statuscode rejectcode limitreqstatus': 'Who is refused gets 429: take it out.',
};

export const OF_LIMIT_MAPS: Readonly<Record<LimitMap, Readonly<Record<string, string>>>> = {
  RateLimit: RATE_LIMIT,
  RouteRateLimit: RATE_LIMIT,
  Concurrency: {
    'amount limit connections requests count inflight maxconcurrent': 'Write max, e.g. max: 20.',
    'by ip source sourcecriterion keyby': 'Write key, e.g. key: client or key: header.x-api-key.',
    'zonesize maxkeys tablesize': 'Write keys, e.g. keys: 131072.',
    'status statuscode limitconnstatus': 'Who is refused gets 429: take it out.',
  },
};

export const RATE_WORDS = 'ratelimiting ratelimiter limitreq limitreqzone throttle throttling quota';

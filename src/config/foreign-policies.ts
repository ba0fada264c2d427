/** Policies by the names that other balancers give them. */
import type { PolicyName } from '../core/balancer/policies.ts';
import { toWord } from './foreign-keys.ts';

const OURS: Readonly<Record<PolicyName, string>> = {
  'round-robin':
    'roundrobin rr wrr weightedroundrobin smoothroundrobin smoothweightedroundrobin smooth staticrr weighted cyclic',
  'least-connections':
    'leastconn leastconns leastconnection leastconnections lc wlc leastrequest leastrequests weightedleastrequest leastoutstandingrequests fewest',
  'power-of-two': 'p2c poweroftwo poweroftwochoices twochoices randomtwo randomchoosetwo choosetwo',
  random: 'rand uniform randomchoose',
  'peak-ewma': 'leasttime leastresponsetime ewma latency responsetime fastest weightedresponsetime',
  first: 'fill fillfirst inorder',
};

/** What they hash, by what is written for it here. */
const HASHES: Readonly<Record<string, string>> = {
  client: 'iphash source sourceiphash sourcehash clientiphash ip consistent consistenthash hashconsistent',
  url: 'urihash uri urlhash url',
  path: 'pathhash path',
  'header.NAME': 'header headerhash hdr',
  'cookie.NAME': 'cookiehash rdpcookie',
  'query.NAME': 'query urlparam queryhash',
  '{ key: client, table: ring }': 'ring ringhash ketama',
  '{ key: client, table: maglev }': 'maglev',
  '{ key: client, table: rendezvous }': 'rendezvous hrw',
};

const STICKY = 'cookie sticky session stickycookie';

const WORDS = new Map([
  ...Object.entries(OURS).flatMap(([name, words]) =>
    words.split(' ').map((word) => [word, `Did you mean "${name}"?`] as const),
  ),
  ...Object.entries(HASHES).flatMap(([key, words]) =>
    words.split(' ').map((word) => [word, `Write policy: { hash: ${key} }.`] as const),
  ),
  ...STICKY.split(' ').map((word) => [word, 'It goes over any policy: write sticky: cookie beside it.'] as const),
]);

/** What to write for a policy of another program; null: it is not known. */
export function cureForeignPolicy(name: string): string | null {
  return WORDS.get(toWord(name)) ?? null;
}

const KEY_KINDS: Readonly<Record<string, string>> = {
  header: 'header',
  hdr: 'header',
  http: 'header',
  cookie: 'cookie',
  cook: 'cookie',
  query: 'query',
  arg: 'query',
  urlparam: 'query',
};

/** `header:x-user`, `hdr(x-user)`, `$http_x_user`, `$cookie_user`. */
const NAMED_KEY = /^\$?([a-z]+|url_param)[:(_ ]\s*([\w-]+)\)?$/i;

const WHOLE_KEYS = new Map([
  ...'ip source src address remoteaddr binaryremoteaddr clientip'.split(' ').map((word) => [word, 'client'] as const),
  ...'uri requesturi'.split(' ').map((word) => [word, 'url, or path for it without its query'] as const),
]);

/** What to write for a key of a hash as other programs have it, or for a name alone; null: it is none of these. */
export function cureHashKey(key: string): string | null {
  const whole = WHOLE_KEYS.get(toWord(key.replace('$', '')));
  if (whole !== undefined) return `Write ${whole}.`;
  const named = NAMED_KEY.exec(key);
  const kind = named === null ? undefined : KEY_KINDS[toWord(named[1])];
  if (named !== null && kind !== undefined) {
    return `Write ${kind}.${key.startsWith('$http') ? named[2].replaceAll('_', '-') : named[2]}.`;
  }
  if (!/^[A-Za-z][\w-]*$/.test(key)) return null;
  return `Write header.${key}, cookie.${key} or query.${key}, or one of client, peer, host, path, url, route and listener.`;
}

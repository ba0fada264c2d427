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

/** `allow` and `deny`: who may use a route, by the client's address. */
import { FAULTS } from '../../core/errors.ts';
import type { AccessSpec, ClientsSpec } from '../../core/lists/access-spec.ts';
import { parseAddress } from '../../core/lists/address.ts';
import { addNetwork } from '../../core/lists/network-text.ts';
import { CollectedRanges, Ranges, buildRanges } from '../../core/lists/ranges.ts';
import { UNIX_PEER } from '../../core/unix-address.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import type { AccessVerdict, AddressList, ListTable, StepHost } from '../../http/steps/step-host.ts';
import { PASS } from '../../http/steps/step.ts';
import type { Decision, RequestView, Step } from '../../http/steps/step.ts';

/** Clients are in one of these, or in none. The addresses that stand in a rule itself are the first. */
type Found = AddressList | 'own' | null;

/** One rule, ready to be asked. */
class Clients {
  readonly #hasUnix: boolean;
  readonly #networks: Ranges;
  readonly #lists: readonly AddressList[];

  constructor({ networks, lists }: ClientsSpec, table: ListTable | null) {
    this.#hasUnix = networks.includes(UNIX_PEER);
    const collected = new CollectedRanges();
    for (const network of networks) addNetwork(network, collected);
    this.#networks = new Ranges(buildRanges(collected));
    this.#lists = lists.map((name) => {
      if (table === null) throw new Error(`access: no list ${name} has come to this thread`);
      return table.get(name);
    });
  }

  find(client: string, words: Int32Array, family: 0 | 4 | 6): Found {
    if (family === 0) return this.#hasUnix && client === UNIX_PEER ? 'own' : null;
    if (this.#networks.has(words, family)) return 'own';
    return this.#lists.find((list) => list.has(words, family)) ?? null;
  }
}

const words = new Int32Array(4);

class Access implements Step {
  readonly name = 'access';
  readonly #allow: Clients | null;
  readonly #deny: Clients | null;
  readonly #lists: ListTable | null;

  constructor({ allow, deny }: AccessSpec, { clients: { lists } }: StepHost) {
    this.#allow = allow && new Clients(allow, lists);
    this.#deny = deny && new Clients(deny, lists);
    this.#lists = lists;
  }

  /** Looked up once for a head that a client repeats, and again when a list has changed. */
  onRequest(view: RequestView): Decision {
    const { request } = view;
    const version = this.#lists === null ? 0 : this.#lists.version;
    let verdict = request.access;
    if (verdict?.version !== version) verdict = request.access = this.#judge(request.client, version);
    if (verdict.list !== null) verdict.list.hit();
    return verdict.isDenied ? view.refuse(FAULTS.denied) : PASS;
  }

  #judge(client: string, version: number): AccessVerdict {
    const family = parseAddress(client, words);
    const denied = this.#deny === null ? null : this.#deny.find(client, words, family);
    if (denied !== null) return { version, isDenied: true, list: listOf(denied) };
    if (this.#allow === null) return { version, isDenied: false, list: null };
    const allowed = this.#allow.find(client, words, family);
    return { version, isDenied: allowed === null, list: listOf(allowed) };
  }
}

function listOf(found: Found): AddressList | null {
  return found === 'own' ? null : found;
}

export const createAccess: CreateStep = ({ access }, host) => (access === undefined ? null : new Access(access, host));

import { requestKind } from '../core/health/request-kinds.ts';
import { has } from '../core/http/header-lines.ts';
import { readDeadline } from './deadline.ts';
import type { Binding } from './binding.ts';
import type { Deadline } from './deadline.ts';
import type { RequestHead } from './head.ts';
import type { Route } from './routing.ts';
import type { AccessVerdict, BanVerdict } from './steps/step-host.ts';

/**
 * A request as it goes to the endpoint. Worked out once per distinct head of a client connection and kept
 * there, since clients repeat themselves: everything but the request id.
 */
export class OutgoingRequest {
  readonly head: RequestHead;
  /** The routes it met; with others it would be another request. */
  readonly routing: object;
  readonly route: Route;
  /** The target for the endpoint: as it came, with its prefix replaced, or as a step has set it. */
  readonly target: string;
  /** Header lines of ours: X-Forwarded-*, Forwarded, Via. */
  readonly extra: string;
  /** The client's address, seen through the proxies that are trusted. */
  readonly client: string;
  /** Whether the route lets the asked-for upgrade through. */
  readonly isUpgrade: boolean;
  /** Whether the method, or an Idempotency-Key, allows a second try after the first was sent. */
  readonly isRepeatable: boolean;
  /** What its failures can say of an endpoint. */
  readonly kind: number;
  /** Number of the host that the client asks the endpoint for; 0: it has no say in that. */
  hostKey = 0;
  /** Which of its pool's policies picks for it. */
  policy: number;
  /** What it has in common with others that belong together, as that policy sees it; 0: nothing. */
  key = 0;
  /** Two words of a hash for each limit of its route, 0 and 0 where it does not hold; null: not worked out yet. */
  limitKeys: Int32Array | null = null;
  /** The same for its limits of concurrency. */
  placeKeys: Int32Array | null = null;
  /** What binds it to an endpoint; null: its pool is not sticky. */
  binding: Binding | null = null;
  /** What the rules of its route say of its client; null: nobody has asked yet. */
  access: AccessVerdict | null = null;
  /** Likewise of bans. */
  ban: BanVerdict | null = null;
  /** The header lines that go to the endpoint, among those of ours. */
  lines: string;
  /** The time that the client gives, null: it says nothing of it. */
  readonly deadline: Deadline | null;
  /** Host for the endpoint, `''`: the endpoint's own name. */
  readonly authority: string;
  /** What its route makes of it for the endpoint; null: nothing, or it has yet to be asked. */
  rewritten: OutgoingRequest | null = null;
  /** For the codec that sends it: the text as it went out last time, without the request id, and the authority that was in it. */
  encoded = '';
  encodedAuthority = '';

  constructor(
    head: RequestHead,
    routing: object,
    route: Route,
    target: string,
    authority: string,
    extra: string,
    client: string,
    isRepeatable: boolean,
  ) {
    this.head = head;
    this.routing = routing;
    this.route = route;
    this.target = target;
    this.authority = authority;
    this.extra = extra;
    this.policy = route.policy;
    this.lines = head.lines;
    this.client = client;
    this.isUpgrade = head.upgrade !== '' && route.spec.upgrades.includes(head.upgrade);
    this.isRepeatable = isRepeatable;
    this.deadline = readDeadline(head.lines, route.spec.deadlineHeader);
    this.kind = requestKind(head.method, target, has(head.lines, 'range'), this.isUpgrade);
  }

  /** The same with another target and other lines, and apart from it: what is remembered of this one stays. */
  changed(target: string, lines: string): OutgoingRequest {
    const { head, routing, route, authority, extra, client, isRepeatable } = this;
    const other = new OutgoingRequest(head, routing, route, target, authority, extra, client, isRepeatable);
    other.hostKey = this.hostKey;
    other.policy = this.policy;
    other.key = this.key;
    other.binding = this.binding;
    other.limitKeys = this.limitKeys;
    other.placeKeys = this.placeKeys;
    other.lines = lines;
    return other;
  }
}

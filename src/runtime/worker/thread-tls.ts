/** All that one data plane needs to speak TLS: loaded when it first hears of certificates, since most never do. */
import { FAULTS } from '../../core/errors.ts';
import type { KeptMemory } from '../../core/kept-memory.ts';
import { passedNames } from '../../core/server-names.ts';
import type { ListenerSpec, Snapshot, Timeouts } from '../../core/snapshot.ts';
import type { ExchangeLog } from '../../http/exchange-log.ts';
import type { Misdirection, Routing } from '../../http/routing.ts';
import { faultResponse } from '../../http1/fault-response.ts';
import { createTlsProfile } from '../../net/node/tls-profile.ts';
import type { Stage } from '../../net/stages.ts';
import { Greetings } from '../../net/stages/greetings.ts';
import { HelloStage } from '../../net/stages/hello.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { AcceptedConnection, Transport } from '../../net/transport.ts';
import type { Challenges } from '../shared/challenges.ts';
import { MOST_GREETINGS, ROOM_SHARE } from '../shared/connection-gate.ts';
import type { DataPlaneReport } from '../shared/data-plane-report.ts';
import type { TlsMaterials } from '../shared/tls-material.ts';
import { ChallengeProfiles } from './challenge-profiles.ts';
import { answerChallenges } from './challenge-routing.ts';
import { createMisdirection } from './misdirected-hosts.ts';
import { HandshakeCounts } from './handshake-counts.ts';
import { TlsClients } from './tls-clients.ts';
import { TlsListeners } from './tls-listeners.ts';

export interface ThreadTlsHost {
  readonly transport: Transport;
  readonly wheel: TimerWheel;
  /** Counts what is kept of hellos. */
  readonly memory: KeptMemory;
  readonly timeouts: Timeouts;
  now(): number;
  /** The time as an HTTP date. */
  httpDate(): string;
  reportFault(error: unknown): void;
  /** Too many clients are on their way into TLS, or there is room again. */
  readonly onCrowded: ((isCrowded: boolean) => void) | null;
}

/** Nothing is known of a request that is not read. */
const PLAIN_ANSWER = { requestId: '', wantsJson: false, isHead: false, connection: 'close' } as const;

export class ThreadTls {
  readonly #host: ThreadTlsHost;
  readonly #greetings: Greetings;
  readonly #handshakes: HandshakeCounts;
  readonly #listeners: TlsListeners;
  /** Of pools. */
  readonly clients = new TlsClients();
  readonly #profiles: ChallengeProfiles;
  #tokens: Challenges['tokens'] = new Map();

  constructor(host: ThreadTlsHost, report: (report: DataPlaneReport) => void) {
    this.#host = host;
    const roomAgain = MOST_GREETINGS * ROOM_SHARE;
    this.#greetings = new Greetings(MOST_GREETINGS, roomAgain, (isCrowded) => host.onCrowded?.(isCrowded));
    this.#handshakes = new HandshakeCounts({
      wheel: host.wheel,
      tell: (ended) => report({ type: 'handshakes-ended', ...ended }),
      reportFault: (error) => host.reportFault(error),
    });
    const tools = { createProfile: createTlsProfile, handshakeTimeoutMs: () => host.timeouts.tlsHandshakeMs };
    this.#listeners = new TlsListeners(tools);
    this.#profiles = new ChallengeProfiles(tools);
  }

  /** Clients on their way into TLS. */
  get greetings(): number {
    return this.#greetings.count;
  }

  /** What all listeners and pools have from now on. */
  apply({ listeners, pools }: TlsMaterials): void {
    this.#listeners.apply(listeners);
    this.clients.apply(pools);
  }

  /** What authorities are answered from now on. */
  challenge({ tokens, certificates }: Challenges): void {
    this.#tokens = tokens;
    this.#profiles.apply(certificates);
  }

  /** The routing with the answers of HTTP-01 in front, as long as there are any. */
  answering(routing: Routing, log: ExchangeLog | null): Routing {
    return answerChallenges(routing, this.#tokens, log);
  }

  /** Which requests of this snapshot are kept from which connections; null: none. */
  misdirectionOf({ listeners }: Snapshot): Misdirection | null {
    return createMisdirection(listeners);
  }

  /** What the connections of a listener pass. */
  stageOf(listener: ListenerSpec): Stage {
    const host = this.#host;
    const { id } = listener;
    const { transport, wheel, memory } = host;
    const names = this.#listeners.of(id);
    const passed = passedNames(listener);
    return new HelloStage({
      transport,
      wheel,
      memory,
      greetings: this.#greetings,
      now: () => host.now(),
      timeoutMs: () => host.timeouts.tlsHandshakeMs,
      passes: ({ serverName }) => passed?.find(serverName) !== undefined,
      choose: (hello, connection) => names.choose(hello, names.needsAddress(hello) ? addressedBy(connection) : ''),
      challengeOf: ({ serverName }) => this.#profiles.of(serverName),
      plainAnswer: () => faultResponse(FAULTS.plainHttpOnTls, { ...PLAIN_ANSWER, date: host.httpDate() }),
      ended: ({ facts }, failure) => this.#handshakes.note(id, failure, facts),
    });
  }

  /** Tells what has not been told. */
  flush(): void {
    this.#handshakes.flush();
  }
}

/** The address that the client has connected to: here it costs a call of the system. */
function addressedBy(connection: AcceptedConnection): string {
  return connection.facts.proxied?.destination.address ?? connection.localAddress;
}

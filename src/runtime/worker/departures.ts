/**
 * What has left the config and is still in use in one data plane: listeners that have clients, endpoints and routes
 * that have exchanges. They have the drain time; then what is left is cut. And endpoints that are down: attempts there
 * are told so at once.
 */
import type { ListenerSpec, Timeouts } from '../../core/snapshot.ts';
import type { Attempt } from '../../http/attempt.ts';
import { Exchange } from '../../http/exchange/exchange.ts';
import type { ClientEvents, HttpEndpoint } from '../../http/stream.ts';
import type { ServerSession } from '../../http/server-host.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { Layer4Session } from './layer4-session.ts';
import type { WorkerEndpoint } from './pool-set.ts';
import { TaskTimer } from './task-timer.ts';
import { keyOf } from '../shared/listener-key.ts';

export interface DeparturesOptions {
  /** The client connections of this data plane, and its sessions of layer 4. */
  readonly sessions: ReadonlySet<ServerSession>;
  readonly layer4: ReadonlySet<Layer4Session>;
  readonly wheel: TimerWheel;
  timeouts(): Timeouts;
  reportFault(error: unknown): void;
}

export class Departures {
  readonly #options: DeparturesOptions;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** Asks its clients to go. */
  ofListener(listener: ListenerSpec): void {
    const { sessions, layer4 } = this.#options;
    const key = keyOf(listener);
    const leaving = [...sessions].filter(({ connection }) => keyOf(connection.listener) === key);
    const ending = [...layer4].filter(({ route }) => keyOf(route.listener) === key);
    if (leaving.length + ending.length === 0) return;
    for (const session of leaving) session.leave();
    this.#afterDrainTime(() => {
      for (const session of leaving) if (sessions.has(session)) session.destroy();
      for (const session of ending) if (layer4.has(session)) session.destroy();
    });
  }

  ofEndpoints(endpoints: readonly WorkerEndpoint[]): void {
    const gone = new Set<unknown>(endpoints);
    for (const session of this.#sessionsAt((each) => gone.has(each))) session.leave();
    this.#afterDrainTime(() => {
      for (const session of this.#sessionsAt((each) => gone.has(each)))
        if (gone.has(session.endpoint)) session.onEndpointGone();
      for (const [attempt, endpoint] of this.#attemptsAt((each) => gone.has(each)))
        if (attempt.endpoint === endpoint) attempt.onEndpointGone();
    });
  }

  /** Tells the attempts at this endpoint that it takes nothing new. One that throws must not keep the others there. */
  moveOff(endpoint: WorkerEndpoint): void {
    const attempts = this.#attemptsAt((each) => each === endpoint).map(([attempt]) => attempt);
    for (const each of [...attempts, ...this.#sessionsAt((at) => at === endpoint)]) {
      // What was told before it may have ended this one.
      if (each.endpoint !== endpoint) continue;
      try {
        each.onMoved();
      } catch (error) {
        this.#options.reportFault(error);
        each.onOwnFault();
      }
    }
  }

  #sessionsAt(isMeant: (endpoint: unknown) => boolean): readonly Layer4Session[] {
    return [...this.#options.layer4].filter(({ endpoint }) => endpoint !== null && isMeant(endpoint));
  }

  /** Two of an exchange, where it has two at once. */
  #attemptsAt(isMeant: (endpoint: HttpEndpoint) => boolean): readonly (readonly [Attempt, HttpEndpoint])[] {
    const found: (readonly [Attempt, HttpEndpoint])[] = [];
    this.visitExchanges(({ attempt, rival }) => {
      for (const each of [attempt, rival]) {
        const endpoint = each?.endpoint ?? null;
        if (each !== null && endpoint !== null && isMeant(endpoint)) found.push([each, endpoint]);
      }
    });
    return found;
  }

  /** Rows of routes that have exchanges, and of listeners that have sessions, that are not among these. */
  heldRoutes(current: ReadonlySet<number>): readonly number[] {
    const held = new Set<number>();
    this.visitExchanges(({ request }) => {
      if (request !== null && !current.has(request.route.spec.slot)) held.add(request.route.spec.slot);
    });
    for (const { route } of this.#options.layer4) if (!current.has(route.slot)) held.add(route.slot);
    return [...held];
  }

  /** All that are under way. */
  visitExchanges(visit: (exchange: Exchange) => void): void {
    const visitOne = (events: ClientEvents): void => {
      if (events instanceof Exchange) visit(events);
    };
    for (const session of [...this.#options.sessions]) session.visitExchanges(visitOne);
  }

  #afterDrainTime(task: () => void): void {
    const options = this.#options;
    const timer = new TaskTimer(task, (error) => options.reportFault(error));
    options.wheel.arm(timer, options.timeouts().drainMs);
  }
}

/** What the demo's keys do, and the log of what was done and what came of it. */
import type { PolicyName } from '../src/core/balancer/policies.ts';
import type { BalancerEvents } from '../src/runtime/balancer.ts';
import { describePanic } from '../src/cli/log.ts';
import type { DemoServer } from './demo-server.ts';
import type { EventView } from './demo-view.ts';
import type { Demo } from './demo.ts';
import type { HintFacts } from './hints.ts';
import { describeToll } from './toll.ts';
import type { Toll } from './toll.ts';
import type { DemoKey } from './keys.ts';

/** Those whose difference shows here, in the order in which a key goes through them. */
const POLICY_NAMES: readonly PolicyName[] = ['round-robin', 'least-connections', 'peak-ewma', 'power-of-two'];
const WEIGHTS: readonly number[] = [1, 2, 4, 0.5];
const RATES: readonly number[] = [10, 25, 50, 100, 200, 400];
const MOST_EVENTS = 20;
/** By then a killed server is ejected, and what was on its way to it has ended. */
const TOLL_MS = 4000;

type ServerAction = (server: DemoServer) => string | Promise<string>;
/** Values that a key goes through in turn. */
type ServerKey = Exclude<DemoKey['action'], 'quit' | 'choose' | 'previous' | 'next'>;

export class Controls {
  readonly #demo: Demo;
  readonly #seconds: () => number;
  readonly #onQuit: () => void;
  /** Keys act one after another: a server that is being revived is not killed meanwhile. */
  #turn: Promise<void> = Promise.resolve();
  #events: readonly EventView[] = [];
  #chosen = 0;
  #lastKeyAt = 0;
  /** Kills whose cost has not been reported yet. */
  #untold: { readonly before: Toll; readonly killed: readonly string[]; readonly timer: NodeJS.Timeout } | null = null;
  readonly #pressed = new Set<DemoKey['action']>();

  /** `seconds`: since the start. */
  constructor(demo: Demo, seconds: () => number, onQuit: () => void) {
    this.#demo = demo;
    this.#seconds = seconds;
    this.#onQuit = onQuit;
    demo.balancer.on('health', (event) => this.#sayHealth(event));
    demo.balancer.on('panic', (event) => this.#say(event.phase === 'begin' ? 'bad' : 'good', describePanic(event)));
  }

  /** Which server the keys act on, from 0. */
  get chosen(): number {
    return this.#chosen;
  }

  get hintFacts(): HintFacts {
    const { servers } = this.#demo;
    return {
      idleSeconds: this.#seconds() - this.#lastKeyAt,
      pressed: this.#pressed,
      chosen: servers[this.#chosen].name,
      harmed: servers.filter(({ condition }) => condition !== 'well').map(({ name }) => name),
    };
  }

  get events(): readonly EventView[] {
    return this.#events;
  }

  /** Resolves when it is done. */
  async press(key: DemoKey): Promise<void> {
    this.#lastKeyAt = this.#seconds();
    this.#pressed.add(key.action);
    if (key.action === 'quit') this.#onQuit();
    else if (key.action === 'choose') this.#choose(key.server);
    else if (key.action === 'previous') this.#choose(this.#chosen - 1);
    else if (key.action === 'next') this.#choose(this.#chosen + 1);
    else await this.#act(key.action);
  }

  /** On the server that is chosen now, whichever it is when its turn comes. */
  async #act(action: ServerKey): Promise<void> {
    const server = this.#demo.servers[this.#chosen];
    const turn = this.#turn.then(async () => {
      try {
        this.#say('done', await this.#actions[action](server));
      } catch (error) {
        this.#say('bad', `${server.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    this.#turn = turn;
    await turn;
  }

  readonly #actions: Readonly<Record<ServerKey, ServerAction>> = {
    kill: async (server) => {
      this.#tellToll(server);
      await server.kill();
      return `you kill ${server.name}: nobody listens at ${server.address}`;
    },
    hang: (server) => {
      server.hang();
      return explain(server, 'hangs', `you freeze ${server.name}: it takes requests and never answers`);
    },
    fail: (server) => {
      server.fail();
      return explain(server, 'fails', `you break ${server.name}: it answers 503`);
    },
    slow: (server) => {
      server.slowDown();
      if (server.slownessMs === 0) return `you let ${server.name} be as fast as before: ${server.latencyMs} ms`;
      return `you slow ${server.name} down by ${server.slownessMs} ms`;
    },
    revive: async (server) => {
      await server.revive();
      return `you revive ${server.name}`;
    },
    policy: async () => {
      await this.#demo.setPolicy(following(POLICY_NAMES, this.#demo.policy));
      return `you reload the config: policy ${this.#demo.policy}`;
    },
    weight: async (server) => {
      await this.#demo.setWeight(server, following(WEIGHTS, server.weight));
      return `you reload the config: ${server.name} has weight ${server.weight}`;
    },
    more: () => this.#setRate(1),
    less: () => this.#setRate(-1),
    pause: () => {
      const { traffic } = this.#demo;
      traffic.isPaused = !traffic.isPaused;
      return traffic.isPaused ? 'you pause the load' : 'you let the load go on';
    },
  };

  /** What happened to the requests; kills in quick succession are reported together. */
  #tellToll(server: DemoServer): void {
    const { before, killed } = this.#untold ?? { before: this.#demo.toll, killed: [] };
    clearTimeout(this.#untold?.timer);
    const all = [...new Set([...killed, server.name])];
    const tell = (): void => {
      const now = this.#demo.toll;
      this.#untold = null;
      const isPanicking = this.#demo.balancer.stats().pools.some((pool) => pool.isPanicking);
      const kind = now.lost.all === before.lost.all ? 'good' : 'bad';
      this.#say(kind, describeToll(all, before, now, isPanicking));
    };
    this.#untold = { before, killed: all, timer: setTimeout(tell, TOLL_MS).unref() };
  }

  #choose(server: number): void {
    this.#chosen = Math.min(this.#demo.servers.length - 1, Math.max(0, server));
  }

  #setRate(step: 1 | -1): string {
    const { traffic } = this.#demo;
    const place = Math.min(RATES.length - 1, Math.max(0, RATES.indexOf(traffic.rate) + step));
    traffic.rate = RATES[place];
    return `you set the load to ${traffic.rate} requests a second`;
  }

  #sayHealth({ endpoint, state, reason }: BalancerEvents['health'][0]): void {
    const now = state === 'trial' ? 'on trial' : state;
    this.#say(state === 'healthy' ? 'good' : 'bad', `${this.#demo.nameOf(endpoint)} is ${now}: ${reason}`);
  }

  #say(kind: EventView['kind'], text: string): void {
    this.#events = [...this.#events, { kind, text, seconds: this.#seconds() }].slice(-MOST_EVENTS);
  }
}

/** Only a revival has an effect on a killed server. */
function explain(server: DemoServer, wanted: DemoServer['condition'], done: string): string {
  return server.condition === wanted ? done : `${server.name} is killed: r revives it`;
}

function following<Value>(values: readonly Value[], value: Value): Value {
  return values[(values.indexOf(value) + 1) % values.length];
}

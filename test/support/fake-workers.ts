/** Data planes that have no thread: they answer as real ones do, a random while later, and die when a test says so. */
import type { Random } from '../../src/core/random.ts';
import type { FromWorker, TestFault, ToWorker, WorkerStart } from '../../src/runtime/shared/messages.ts';
import type { CreateLink, LinkEvents, WorkerLink } from '../../src/runtime/control/worker-link.ts';

const MOST_TURNS = 4;

/** What a data plane without clients and listening sockets answers. */
function answersTo(message: ToWorker): readonly FromWorker[] {
  switch (message.type) {
    case 'apply':
      return [{ type: 'applied', version: message.snapshot.version, heldRoutes: [] }];
    case 'inherit':
      return [{ type: 'inherited' }];
    case 'yield-sockets':
      return [{ type: 'yielded', listener: message.listener, sockets: [] }];
    case 'release':
      return [
        { type: 'released', sockets: [] },
        { type: 'idle', received: 0 },
      ];
    case 'drain':
      return [{ type: 'idle', received: 0 }];
    case 'stop':
      return [{ type: 'stopped' }];
    case 'test-fault':
      return [
        { type: 'failed', message: 'a test', stack: '' },
        { type: 'released', sockets: [] },
        { type: 'idle', received: 0 },
      ];
    default:
      return [];
  }
}

export class FakeWorker implements WorkerLink {
  readonly slot: number;
  isGone = false;
  /** While it has any it is not idle. */
  hasClients = false;
  readonly #events: LinkEvents;
  readonly #random: Random;
  /** Messages are answered in order. */
  #last: Promise<void>;

  constructor(slot: number, started: Promise<void>, random: Random, events: LinkEvents) {
    this.slot = slot;
    this.#events = events;
    this.#random = random;
    this.#last = started.then(() => this.#answer({ type: 'ready' }));
  }

  post(message: ToWorker): void {
    for (const answer of answersTo(message)) {
      if (answer.type !== 'idle' || !this.hasClients) this.#last = this.#last.then(() => this.#answer(answer));
    }
  }

  /** Answers nothing more until the function that this returns is called. */
  holdUp(): () => void {
    const held = Promise.withResolvers<undefined>();
    this.#last = this.#last.then(async () => void (await held.promise));
    return () => held.resolve(undefined);
  }

  terminate(): void {
    void this.#exit(null);
  }

  /** Says something of its own accord. */
  say(message: FromWorker): void {
    this.#last = this.#last.then(() => this.#answer(message));
  }

  cpuMs(): Promise<number> {
    return Promise.resolve(0);
  }

  /** `throw`: it fails and drains. `exit`: its thread is gone at once. */
  breakDown(fault: Extract<TestFault, 'throw' | 'exit'>): void {
    if (fault === 'throw') this.post({ type: 'test-fault', fault });
    else void this.#exit(new Error('a test'));
  }

  async #answer(message: FromWorker): Promise<void> {
    await this.#pass();
    if (!this.isGone) this.#events.onMessage(message);
  }

  async #exit(error: Error | null): Promise<void> {
    if (this.isGone) return;
    this.isGone = true;
    await this.#pass();
    this.#events.onExit(error);
  }

  async #pass(): Promise<void> {
    for (let turns = 1 + this.#random.next() * MOST_TURNS; turns >= 1; turns--) await new Promise(setImmediate);
  }
}

export class FakeWorkers {
  readonly #random: Random;
  readonly #all: FakeWorker[] = [];
  #starting: PromiseWithResolvers<void> | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Those whose thread is there, the oldest first. */
  get alive(): readonly FakeWorker[] {
    return this.#all.filter(({ isGone }) => !isGone);
  }

  readonly createLink: CreateLink = ({ worker }: WorkerStart, events) => {
    const fake = new FakeWorker(worker, this.#starting?.promise ?? Promise.resolve(), this.#random, events);
    this.#all.push(fake);
    return fake;
  };

  /** From now on a new worker is not ready before {@link letStart}. */
  holdStarts(): void {
    this.#starting ??= Promise.withResolvers();
  }

  letStart(): void {
    this.#starting?.resolve();
    this.#starting = null;
  }
}

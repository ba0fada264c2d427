/** The agent of one endpoint: asked again and again, and what it has said so far. One that is gone changes nothing. */
import { SILENT_AGENT, heedAgent } from '../core/health/agent.ts';
import type { AgentState, AgentWord } from '../core/health/agent.ts';
import { jitter } from '../core/health/schedule.ts';
import type { AgentSpec, EndpointSpec } from '../core/snapshot.ts';
import { askAgent } from './agent-probe.ts';
import type { CheckTools } from './endpoint-check.ts';
import { placesToAsk } from './probe-addresses.ts';
import type { Cancel } from './scheduler.ts';

/** Beyond it an agent has not answered, as a check's default. */
const TIMEOUT_MS = 2000;

/** What an agent has said so far. */
export interface AgentReport extends AgentState {
  /** Wall-clock ms of its last whole line; null: none has come yet. */
  readonly saidAt: number | null;
  /** What that said of why, else its words. */
  readonly reason: string;
  /** Words of that line that mean nothing here. */
  readonly unknown: readonly string[];
}

export class EndpointAgent {
  readonly #spec: AgentSpec;
  readonly #tools: CheckTools;
  readonly #onWord: (word: AgentWord) => void;
  #endpoint: EndpointSpec;
  #cancelNext: Cancel | null = null;
  #asking: AbortController | null = null;
  state: AgentState = SILENT_AGENT;
  #saidAt: number | null = null;
  #last: Omit<AgentWord, 'state'> = { reason: '', unknown: [] };

  /** `onWord` hears every line that it has ended. */
  constructor(spec: AgentSpec, endpoint: EndpointSpec, tools: CheckTools, onWord: (word: AgentWord) => void) {
    this.#spec = spec;
    this.#endpoint = endpoint;
    this.#tools = tools;
    this.#onWord = onWord;
  }

  /** Asks at once, then every interval. */
  start(): void {
    void this.#ask();
  }

  stop(): void {
    this.#cancelNext?.();
    this.#asking?.abort();
    this.#asking = null;
  }

  setEndpoint(endpoint: EndpointSpec): void {
    this.#endpoint = endpoint;
  }

  report(): AgentReport {
    return { ...this.state, saidAt: this.#saidAt, ...this.#last };
  }

  async #ask(): Promise<void> {
    const { scheduler, random } = this.#tools;
    const asking = new AbortController();
    this.#asking = asking;
    const cancelTimeout = scheduler.after(TIMEOUT_MS, () => asking.abort());
    const text = await this.#askAddresses(asking.signal);
    cancelTimeout();
    // It was stopped meanwhile.
    if (this.#asking !== asking) return;
    this.#cancelNext = scheduler.after(jitter(this.#spec.intervalMs, random), () => void this.#ask());
    const word = text === null ? null : heedAgent(this.state, text);
    if (word === null) return;
    this.state = word.state;
    this.#saidAt = this.#tools.clock.wallTime();
    this.#last = { reason: word.reason, unknown: word.unknown };
    this.#onWord(word);
  }

  /** The first of its addresses that anybody answers at: `localhost` has two. */
  async #askAddresses(signal: AbortSignal): Promise<string | null> {
    const ask = this.#tools.askAgent ?? askAgent;
    const { addresses, port } = placesToAsk(this.#endpoint, this.#spec.port);
    for (const address of addresses) {
      const text = await ask({ address, port }, signal);
      if (text !== null || signal.aborted) return text;
    }
    return null;
  }
}

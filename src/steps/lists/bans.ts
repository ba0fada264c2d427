/** Bans: a client that has one is refused on every route, on connections that are open as well. */
import { FAULTS } from '../../core/errors.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import { PASS } from '../../http/steps/step.ts';
import type { Decision, RequestView, Step } from '../../http/steps/step.ts';
import type { BanLookUp, StepHost } from '../../http/steps/step-host.ts';

class Bans implements Step {
  readonly name = 'bans';
  readonly #bans: BanLookUp;
  readonly #host: StepHost;

  constructor(bans: BanLookUp, host: StepHost) {
    this.#bans = bans;
    this.#host = host;
  }

  /** Looked up once for a head that a client repeats, and again when a ban has begun or was taken back. */
  onRequest(view: RequestView): Decision {
    const { request } = view;
    const { version } = this.#bans;
    let verdict = request.ban;
    if (verdict?.version !== version) {
      verdict = { version, end: this.#bans.endOf(request.client) };
      request.ban = verdict;
    }
    return verdict.end !== 0 && verdict.end * 1000 > this.#host.wallTime() ? view.refuse(FAULTS.banned) : PASS;
  }
}

export const createBans: CreateStep = (_spec, host) => {
  const { bans } = host.clients;
  if (bans === null) throw new Error('bans: no table has come to this thread');
  return new Bans(bans, host);
};

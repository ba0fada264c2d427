import { FAULTS } from '../core/errors.ts';
import { BODY_LENGTH } from '../http/head.ts';
import { PASS } from '../http/steps/step.ts';
import type { CreateStep } from '../http/steps/route-steps.ts';
import type { Decision, RequestView, Step } from '../http/steps/step.ts';

/** `maxBody`: refused by its Content-Length before a byte of it has come, else when it passes the limit. */
class MaxBody implements Step {
  readonly name = 'max-body';
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  onRequest(view: RequestView): Decision {
    const { head } = view.request;
    if (head.bodyKind === BODY_LENGTH && head.contentLength > this.#maxBytes)
      return view.refuse(FAULTS.payloadTooLarge);
    view.limitBody(this.#maxBytes);
    return PASS;
  }
}

export const createMaxBody: CreateStep = ({ maxBody }) => new MaxBody(maxBody);

import { FAULTS } from '../../core/errors.ts';
import type { RouteSpec } from '../../core/snapshot.ts';
import { BODY_LENGTH } from '../head.ts';
import { PASS } from './step.ts';
import type { Decision, RequestView, Step } from './step.ts';

/** `maxBody`: refused by its Content-Length before a byte of it has come, else when it passes the limit. */
class BodyLimit implements Step {
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

export function createBodyLimit({ maxBody }: RouteSpec): Step | null {
  return maxBody === 0 ? null : new BodyLimit(maxBody);
}

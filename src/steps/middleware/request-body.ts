/** The body that a hook has asked for, which is held until all of it is there. */
import { BodyTooLarge } from '../../core/middleware/body-too-large.ts';
import type { Deferral } from '../../http/steps/step.ts';

export class WantedBody {
  readonly #maxBytes: number;
  readonly #held = Promise.withResolvers<Buffer>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    // Whoever asked may have stopped listening.
    this.#held.promise.catch(() => {});
  }

  get promise(): Promise<Buffer> {
    return this.#held.promise;
  }

  /** The request waits from now on. */
  ask(deferral: Deferral): void {
    deferral.holdBody(this.#maxBytes, (body) => {
      if (body === null) this.#held.reject(new BodyTooLarge(this.#maxBytes));
      else this.#held.resolve(body);
    });
  }

  /** It will not come. */
  giveUp(reason: Error): void {
    this.#held.reject(reason);
  }
}

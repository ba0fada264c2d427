/** `redirect`: the target of a route in place of a pool. Answered before any of the body is read. */
import { FAULTS, REDIRECTED } from '../core/errors.ts';
import { reasonPhrase } from '../core/http/reason-phrases.ts';
import type { RedirectSpec } from '../core/snapshot.ts';
import type { RequestHead } from '../http/head.ts';
import type { CreateStep } from '../http/steps/route-steps.ts';
import type { Decision, RequestView, Step } from '../http/steps/step.ts';

const NO_BODY = Buffer.alloc(0);

/** How long a client may go by one that is for now is not left to caches. */
function isForNow(status: RedirectSpec['status']): boolean {
  return status === 302 || status === 307;
}

class Redirect implements Step {
  readonly name = 'redirect';
  readonly #status: RedirectSpec['status'];
  readonly #base: string | null;
  /** Behind the host, `''`: the one of https. */
  readonly #port: string;
  readonly #keepsTarget: boolean;
  readonly #otherLines: string;

  constructor({ status, base, port, keepsTarget }: RedirectSpec) {
    this.#status = status;
    this.#base = base;
    this.#port = port === 443 ? '' : `:${port}`;
    this.#keepsTarget = keepsTarget;
    this.#otherLines = isForNow(status) ? 'Cache-Control: no-cache\r\n' : '';
  }

  onRequest(view: RequestView): Decision {
    const { head } = view.request;
    // Only HTTP/1.0 may name no host: there is no place to lead its client to.
    if (this.#base === null && head.host === '') return view.refuse(FAULTS.badHost);
    return view.answer({
      status: this.#status,
      reason: reasonPhrase(this.#status),
      lines: `Location: ${this.#locationFor(head)}\r\n${this.#otherLines}`,
      body: NO_BODY,
      remark: REDIRECTED,
    });
  }

  /** The host has been checked, and a target has neither blanks nor controls: nothing of them can end the line. */
  #locationFor({ host, target }: RequestHead): string {
    const base = this.#base ?? `https://${host}${this.#port}`;
    // A whole server has no path, as in RFC 9112 3.2.4.
    return this.#keepsTarget && target !== '*' ? base + target : base;
  }
}

export const createRedirect: CreateStep = ({ redirect }) => (redirect === undefined ? null : new Redirect(redirect));

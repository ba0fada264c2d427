/** `path`, `setQuery`, `removeQuery` and `request` of a route: what goes to the endpoint in place of what came. */
import { FAULTS } from '../../core/errors.ts';
import { LineRewriter } from '../../core/http/line-rewriter.ts';
import { TargetRewriter } from '../../core/http/target-rewriter.ts';
import { groupsOf } from '../../core/routing/path-groups.ts';
import type { RewritingSpec } from '../../core/rewriting-spec.ts';
import type { OutgoingRequest } from '../../http/outgoing.ts';
import { RequestValues } from '../../http/steps/request-values.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import { PASS } from '../../http/steps/step.ts';
import type { Decision, RequestView, Step } from '../../http/steps/step.ts';

/**
 * What is the same for requests that are alike is worked out once, and remembered with the request that the connection
 * remembers. Steps in front may have changed a request; then it is worked out for that one alone.
 */
class RewriteRequest implements Step {
  readonly name = 'rewriting';
  readonly #target: TargetRewriter;
  readonly #lines: LineRewriter;
  readonly #values: RequestValues;

  constructor({ headers, ...target }: RewritingSpec, values: RequestValues) {
    this.#target = new TargetRewriter(target);
    this.#lines = new LineRewriter(headers);
    this.#values = values;
  }

  onRequest(view: RequestView): Decision {
    const { request, lines } = view;
    const isAsRemembered = view.isAsRemembered && !this.#target.isPerRequest;
    let rewritten = isAsRemembered ? request.rewritten : null;
    if (rewritten === null) {
      rewritten = this.#rewrite(view, lines);
      if (rewritten === null) return view.refuse(FAULTS.badPath);
      if (isAsRemembered) request.rewritten = rewritten;
    }
    view.replace(rewritten);
    if (this.#lines.hasLate) view.addLines(this.#lines.late(rewritten.lines, this.#values.begin(view, lines)));
    return PASS;
  }

  #rewrite(view: RequestView, lines: string): OutgoingRequest | null {
    const { request } = view;
    const values = this.#values.begin(view, lines);
    const target = this.#target.rewrite(request.target, values);
    return target === null ? null : request.changed(target, this.#lines.rewrite(lines, values));
  }
}

export const createRewriteRequest: CreateStep = ({ rewriting, match }, host) => {
  if (rewriting === undefined) return null;
  return new RewriteRequest(rewriting, new RequestValues(host, groupsOf(match)));
};

/** `response` of a route: what its answers say in place of what the endpoint has sent. */
import { LineRewriter } from '../../core/http/line-rewriter.ts';
import { PathGroups } from '../../core/routing/path-groups.ts';
import type { HeaderEditsSpec } from '../../core/rewriting-spec.ts';
import type { ResponseHead } from '../../http/head.ts';
import { RequestValues } from '../../http/steps/request-values.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import type { ResponseView, Step } from '../../http/steps/step.ts';

/** What depends on the answer alone is worked out once, and remembered with the head that the endpoint has sent. */
class RewriteAnswer implements Step {
  readonly name = 'response';
  readonly #lines: LineRewriter;
  readonly #values: RequestValues;

  constructor(edits: HeaderEditsSpec, values: RequestValues) {
    this.#lines = new LineRewriter(edits);
    this.#values = values;
  }

  onResponse(view: ResponseView): void {
    const values = this.#values.begin(view, view.request.head.lines);
    const isAsRemembered = view.isAsRemembered && this.#lines.isFixed;
    const { response, lines } = view;
    const head = isAsRemembered && response.rewrittenBy === this ? response.rewritten : null;
    const rewritten = head ?? this.#rewrite(view, lines);
    if (isAsRemembered) {
      response.rewritten = rewritten;
      response.rewrittenBy = this;
    }
    view.replace(rewritten);
    if (this.#lines.hasLate) view.addLines(this.#lines.late(rewritten.lines, values));
  }

  #rewrite({ response }: ResponseView, lines: string): ResponseHead {
    return response.changed(this.#lines.rewrite(lines, this.#values));
  }
}

export const createRewriteAnswer: CreateStep = ({ answerEdits, match }, host) => {
  if (answerEdits === undefined) return null;
  const groups = match.path?.kind === 'regex' ? new PathGroups(match.path) : null;
  return new RewriteAnswer(answerEdits, new RequestValues(host, groups));
};

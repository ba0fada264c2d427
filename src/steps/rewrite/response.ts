/** `response` of a route: what its answers say in place of what the endpoint has sent. */
import { CookieRules } from '../../core/http/cookie-rules.ts';
import { has } from '../../core/http/header-lines.ts';
import { LineRewriter } from '../../core/http/line-rewriter.ts';
import { groupsOf } from '../../core/routing/path-groups.ts';
import type { AnswerEditsSpec } from '../../core/rewriting-spec.ts';
import type { RouteSpec } from '../../core/snapshot.ts';
import type { ResponseHead } from '../../http/head.ts';
import { RequestValues } from '../../http/steps/request-values.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import type { ResponseView, Step } from '../../http/steps/step.ts';
import { LocationRewriter } from './location.ts';

/** It means something by TLS alone. */
const BY_TLS = 'strict-transport-security';

/** What depends on the answer alone is worked out once, and remembered with the head that the endpoint has sent. */
class RewriteAnswer implements Step {
  readonly name = 'response';
  readonly #lines: LineRewriter;
  readonly #cookies: CookieRules | null;
  readonly #location: LocationRewriter | null;
  readonly #security: NonNullable<AnswerEditsSpec['security']>;
  /** Its line, `''`: none. */
  readonly #transport: string;
  readonly #values: RequestValues;

  constructor(edits: AnswerEditsSpec, prefix: RouteSpec['replacePrefix'], values: RequestValues) {
    const { cookies, location, security } = edits;
    this.#lines = new LineRewriter(edits);
    this.#cookies = cookies === undefined ? null : new CookieRules(cookies);
    this.#location = location === true ? new LocationRewriter(prefix) : null;
    this.#security = security?.filter(([name]) => name.toLowerCase() !== BY_TLS) ?? [];
    const transport = security?.find(([name]) => name.toLowerCase() === BY_TLS);
    this.#transport = transport === undefined ? '' : `${transport[0]}: ${transport[1]}\r\n`;
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
    if (this.#location !== null && !response.isOurs) this.#location.rewrite(view, rewritten.lines);
    if (this.#transport !== '' && view.isSecure && !has(rewritten.lines, BY_TLS)) view.addLines(this.#transport);
  }

  #rewrite({ response }: ResponseView, before: string): ResponseHead {
    let lines = this.#lines.rewrite(before, this.#values);
    // Those of ours are for the client already.
    if (this.#cookies !== null && !response.isOurs) lines = this.#cookies.rewrite(lines);
    for (const [name, value] of this.#security) if (!has(lines, name.toLowerCase())) lines += `${name}: ${value}\r\n`;
    return response.changed(lines);
  }
}

export const createRewriteAnswer: CreateStep = ({ answerEdits, match, replacePrefix }, host) => {
  if (answerEdits === undefined) return null;
  return new RewriteAnswer(answerEdits, replacePrefix, new RequestValues(host, groupsOf(match)));
};

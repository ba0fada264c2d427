/**
 * A step of the user's own. Its hooks are called with views that hold until they return; what a hook has changed takes
 * effect when it has done its part, so that one that fails has changed nothing. Only a promise makes a request wait.
 */
import { FAULTS } from '../../core/errors.ts';
import { MiddlewareAnswer } from '../../core/middleware/answer.ts';
import { BodyTooLarge } from '../../core/middleware/body-too-large.ts';
import type { MiddlewareSpec } from '../../core/middleware/spec.ts';
import type { Middleware, RequestOutcome } from '../../core/middleware/types.ts';
import { HOOK_REQUEST, HOOK_RESPONSE, HookFigures } from '../../core/shared/hook-figures.ts';
import type { Hook } from '../../core/shared/hook-figures.ts';
import type { ExchangeRecord } from '../../http/record.ts';
import type { MiddlewareModules, StepHost } from '../../http/steps/step-host.ts';
import { LATER, PASS } from '../../http/steps/step.ts';
import type { BodySink, BodyTransform, Decision, RequestView, ResponseView, Step } from '../../http/steps/step.ts';
import { contentOf, isPlatformResponse, readResponse } from './answer-content.ts';
import { PiecewiseBody } from './body-pieces.ts';
import { LateDecision } from './late-decision.ts';
import { RequestInHook } from './request-view.ts';
import { ResponseInHook } from './response-view.ts';

export class MiddlewareStep implements Step {
  readonly name: string;
  readonly onRequest?: (given: RequestView) => Decision;
  readonly onResponse?: (given: ResponseView) => void;
  readonly transform?: (given: ResponseView) => BodyTransform | null;
  readonly #middleware: Middleware;
  readonly #spec: MiddlewareSpec;
  readonly #host: Pick<StepHost, 'clock' | 'worker'>;
  readonly #modules: MiddlewareModules;
  readonly #figures: HookFigures;
  /** Of hooks that have always returned at once: what they could keep of a call is over when the next one begins. */
  #request: RequestInHook | null;
  readonly #answered: RequestInHook;
  readonly #response = new ResponseInHook();
  #transform: BodyTransform | null = null;
  readonly #later = new Map<ExchangeRecord, LateDecision>();

  constructor(spec: MiddlewareSpec, host: Pick<StepHost, 'clock' | 'worker'>, modules: MiddlewareModules) {
    const middleware = modules.of(spec);
    this.name = `middleware ${middleware.name}`;
    this.#middleware = middleware;
    this.#spec = spec;
    this.#host = host;
    this.#modules = modules;
    if (spec.figures === undefined) throw new Error(`${this.name}: nothing to count its hooks in`);
    this.#figures = new HookFigures(spec.figures, host.worker, spec.budgetMs);
    const isAsync = middleware.onRequest?.constructor.name === 'AsyncFunction';
    this.#request = isAsync ? null : new RequestInHook(spec.maxBodyBytes);
    this.#answered = new RequestInHook(0);
    if (middleware.onRequest !== undefined) this.onRequest = (given) => this.#ask(given);
    if (middleware.onResponse === undefined) return;
    this.onResponse = (given) => this.#tell(given);
    this.transform = () => this.#transform;
  }

  /** The client left, or the time was over. */
  cancel(record: ExchangeRecord): void {
    const late = this.#later.get(record);
    if (late === undefined) return;
    this.#later.delete(record);
    const isOverdue = record.reason.startsWith(FAULTS.middlewareTimeout.code);
    const reason = isOverdue ? `it took longer than maxTime, ${this.#spec.maxTimeMs} ms` : 'nobody waits any more';
    const error = new Error(reason);
    late.cancel(error);
    if (isOverdue) this.#note(HOOK_REQUEST, error, late.elapsedMs(this.#host.clock.freshNow()));
  }

  // ——— onRequest

  #ask(given: RequestView): Decision {
    const view = (this.#request ?? new RequestInHook(this.#spec.maxBodyBytes)).begin(given, false);
    const began = this.#host.clock.freshNow();
    let said: unknown;
    try {
      said = this.#middleware.onRequest?.(view);
    } catch (error) {
      view.end();
      return this.#refuseBy(given, error, this.#host.clock.freshNow() - began);
    }
    if (isThenable(said) || isPlatformResponse(said)) return this.#wait(given, view, said, began);
    this.#figures.took(HOOK_REQUEST, this.#host.clock.freshNow() - began);
    if (view.hasLeftBody) {
      view.cancel(new Error('a hook that asks for a body returns a promise'));
      this.#request = null;
    }
    return this.#conclude(given, view, said);
  }

  #conclude(given: RequestView, view: RequestInHook, said: unknown): Decision {
    const { edits } = view.headers;
    const { newTarget } = view;
    view.end();
    if (said === undefined) {
      if (edits.length > 0) given.edit(edits);
      if (newTarget !== null) given.setTarget(newTarget);
      return PASS;
    }
    if (said instanceof MiddlewareAnswer) return given.answer(contentOf(said));
    return this.#refuseBy(given, wrongOutcome(said), null);
  }

  #refuseBy(given: RequestView, error: unknown, ms: number | null): Decision {
    this.#note(HOOK_REQUEST, error, ms);
    return this.#spec.onError === 'skip' ? PASS : given.refuse(FAULTS.middlewareFailed);
  }

  #wait(given: RequestView, view: RequestInHook, said: unknown, began: number): Decision {
    // It is this call's from now on.
    this.#request = null;
    const { record } = given;
    const deferral = given.defer(this.#spec.maxTimeMs, FAULTS.middlewareTimeout);
    const late = new LateDecision(view, deferral, began);
    this.#later.set(record, late);
    view.wait(deferral);
    const outcome = isPlatformResponse(said) ? readResponse(said) : outcomeOf(said as PromiseLike<RequestOutcome>);
    outcome.then(
      (answer) => this.#settle(record, late, answer),
      (error: unknown) => this.#settleBy(record, late, error),
    );
    return LATER;
  }

  #settle(record: ExchangeRecord, late: LateDecision, said: unknown): void {
    if (this.#later.get(record) !== late) return;
    if (said !== undefined && !(said instanceof MiddlewareAnswer)) {
      this.#settleBy(record, late, wrongOutcome(said));
      return;
    }
    this.#later.delete(record);
    this.#figures.took(HOOK_REQUEST, late.elapsedMs(this.#host.clock.freshNow()));
    late.conclude(said === undefined ? null : contentOf(said));
  }

  #settleBy(record: ExchangeRecord, late: LateDecision, error: unknown): void {
    if (this.#later.get(record) !== late) return;
    this.#later.delete(record);
    const ms = late.elapsedMs(this.#host.clock.freshNow());
    if (error instanceof BodyTooLarge) {
      this.#figures.took(HOOK_REQUEST, ms);
      late.refuse(FAULTS.payloadTooLarge);
      return;
    }
    this.#note(HOOK_REQUEST, error, ms);
    if (this.#spec.onError === 'skip') late.skip();
    else late.refuse(FAULTS.middlewareFailed);
  }

  // ——— onResponse

  #tell(given: ResponseView): void {
    this.#transform = null;
    // What we say ourselves is not an endpoint's answer.
    if (given.response.isOurs) return;
    const response = this.#response.begin(given);
    const request = this.#answered.begin(
      { record: given.record, request: given.request, lines: given.request.lines },
      true,
    );
    const began = this.#host.clock.freshNow();
    let failure: unknown = null;
    try {
      const said: unknown = this.#middleware.onResponse?.(response, request);
      if (said !== undefined) failure = new TypeError('onResponse returned something, and answers wait for nothing');
    } catch (error) {
      failure = error ?? new Error('onResponse threw nothing');
    }
    const { wanted } = response;
    const { edits } = response.headers;
    request.end();
    response.end();
    const ms = this.#host.clock.freshNow() - began;
    if (failure !== null) {
      this.#note(HOOK_RESPONSE, failure, ms);
      if (this.#spec.onError === 'fail') given.refuse(FAULTS.middlewareFailed);
      return;
    }
    this.#figures.took(HOOK_RESPONSE, ms);
    if (edits.length > 0) given.edit(edits);
    if (wanted !== null) this.#transform = new PiecewiseBody(wanted, (error, next) => this.#breakBody(error, next));
  }

  /** Some of the answer may have left: nobody can go on as if nothing had happened. */
  #breakBody(error: unknown, next: BodySink): void {
    this.#note(HOOK_RESPONSE, error, null);
    next.fail(FAULTS.middlewareFailed);
  }

  /** `ms` null: the time of the call is counted already, or is not one. */
  #note(hook: Hook, error: unknown, ms: number | null): void {
    if (ms !== null) this.#figures.took(hook, ms);
    this.#figures.failed(hook);
    this.#modules.failed(this.#spec, this.#middleware.name, error);
  }
}

function isThenable(said: unknown): said is PromiseLike<unknown> {
  return typeof said === 'object' && said !== null && typeof (said as { then?: unknown }).then === 'function';
}

async function outcomeOf(said: PromiseLike<RequestOutcome>): Promise<unknown> {
  const outcome: unknown = await said;
  return isPlatformResponse(outcome) ? readResponse(outcome) : outcome;
}

function wrongOutcome(said: unknown): TypeError {
  return new TypeError(`onRequest returned a value of type ${typeof said}: return nothing, respond(…) or a Response`);
}

/**
 * `cors`: preflights are answered, before anybody asks who the client is; answers say which origins may read them,
 * in the place of what the endpoint says of that. Two steps, since a WebSocket of a foreign origin is refused behind `auth`.
 */
import { FAULTS, PREFLIGHT } from '../../core/errors.ts';
import { Cors } from '../../core/http/cors.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
import { find, findLine, isNameAt, nameOf, nextLine, valueOf, valuesOf } from '../../core/http/header-lines.ts';
import { reasonPhrase } from '../../core/http/reason-phrases.ts';
import type { RequestHead } from '../../http/head.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import { PASS } from '../../http/steps/step.ts';
import type { Decision, RequestView, ResponseView, Step } from '../../http/steps/step.ts';

const NO_BODY = Buffer.alloc(0);
const OURS = 'access-control-';

/** Null: there is none. Of several nobody could say which counts: then `''`, which is nobody's. */
function originOf({ lines }: RequestHead): string | null {
  const at = findLine(lines, 'origin');
  if (at < 0) return null;
  return findLine(lines, 'origin', nextLine(lines, at)) < 0 ? valueOf(lines, at) : '';
}

function isPreflight({ method, lines }: RequestHead): boolean {
  return (
    method === 'OPTIONS' && find(lines, 'origin') !== null && find(lines, 'access-control-request-method') !== null
  );
}

/** What takes the endpoint's own lines about origins out; none for most answers. */
function removals(lines: string): readonly HeaderEdit[] {
  let names: Set<string> | null = null;
  for (let at = 0; at < lines.length; at = nextLine(lines, at))
    if (isNameAt(lines, at, OURS)) (names ??= new Set()).add(nameOf(lines, at));
  return names === null ? [] : [...names].map((name): HeaderEdit => ({ kind: 'remove', name }));
}

class CorsStep implements Step {
  readonly name = 'cors';
  readonly #cors: Cors;
  readonly #refuses: boolean;

  constructor(cors: Cors, refuses: boolean) {
    this.#cors = cors;
    this.#refuses = refuses;
  }

  onRequest(view: RequestView): Decision {
    const { head } = view.request;
    const origin = originOf(head);
    if (origin === null) return PASS;
    if (isPreflight(head)) return view.answer(this.#preflight(head, origin));
    if (this.#refuses && this.#cors.isForeign(origin, head.authority)) return view.refuse(FAULTS.originDenied);
    return PASS;
  }

  #preflight({ lines }: RequestHead, origin: string): Parameters<RequestView['answer']>[0] {
    return {
      status: 204,
      reason: reasonPhrase(204),
      lines: this.#cors.preflightLines(origin, valuesOf(lines, 'access-control-request-headers')),
      body: NO_BODY,
      remark: PREFLIGHT,
    };
  }

  onResponse(view: ResponseView): void {
    const { head } = view.request;
    // Its own answer says all of it already.
    if (view.response.isOurs && view.response.status === 204 && isPreflight(head)) return;
    const edits = removals(view.lines);
    if (edits.length > 0) view.edit(edits);
    view.addLines(this.#cors.answerLines(originOf(head)));
  }
}

class UpgradeOrigins implements Step {
  readonly name = 'cors-upgrades';
  readonly #cors: Cors;

  constructor(cors: Cors) {
    this.#cors = cors;
  }

  onRequest(view: RequestView): Decision {
    const { head, isUpgrade } = view.request;
    if (!isUpgrade) return PASS;
    const origin = originOf(head);
    return origin !== null && this.#cors.isForeign(origin, head.authority) ? view.refuse(FAULTS.originDenied) : PASS;
  }
}

export const createCors: CreateStep = ({ cors }) =>
  cors === undefined ? null : new CorsStep(new Cors(cors), cors.refuse);

export const createUpgradeOrigins: CreateStep = ({ cors }) =>
  cors?.upgrades === 'check' ? new UpgradeOrigins(new Cors(cors)) : null;

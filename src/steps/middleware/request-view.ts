/** A request as a hook sees it: one object for one call after another, and for itself while a promise is waited for. */
import { CookieWalk } from '../../core/http/cookies.ts';
import { find } from '../../core/http/header-lines.ts';
import type { MiddlewareRequest } from '../../core/middleware/types.ts';
import { PathParser } from '../../core/routing/path.ts';
import type { OutgoingRequest } from '../../http/outgoing.ts';
import type { ExchangeRecord } from '../../http/record.ts';
import type { Deferral } from '../../http/steps/step.ts';
import { HeaderEdits } from './header-edits.ts';
import type { HeaderOwner } from './header-edits.ts';
import { WantedBody } from './request-body.ts';

/** Origin form, of what may stand in a request line. */
const TARGET = /^\/(?![/\\])[!-~]*$/;
const LARGEST_TARGET = 65_536;

const paths = new PathParser();

/** What a step hands over. */
export interface SeenRequest {
  readonly record: ExchangeRecord;
  readonly request: OutgoingRequest;
  /** Its header lines as they go to the endpoint. */
  readonly lines: string;
}

export class RequestInHook implements MiddlewareRequest, HeaderOwner {
  readonly headers = new HeaderEdits(this, 'request');
  readonly #maxBodyBytes: number;
  #record: ExchangeRecord | null = null;
  #request: OutgoingRequest | null = null;
  #isSent = false;
  #deferral: Deferral | null = null;
  #body: WantedBody | null = null;
  #abort: AbortController | null = null;
  lines = '';
  /** Where the hook sends it, null: where it went anyway. */
  newTarget: string | null = null;

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  // ——— for the step

  /** `isSent`: it has gone out, and is there to be looked at. */
  begin({ record, request, lines }: SeenRequest, isSent: boolean): this {
    this.#record = record;
    this.#request = request;
    this.#isSent = isSent;
    this.lines = lines;
    this.newTarget = null;
    if (this.headers.edits.length > 0) this.headers.edits.length = 0;
    return this;
  }

  /** The hook has returned a promise, and what it has asked for can be waited for. */
  wait(deferral: Deferral): void {
    this.#deferral = deferral;
    this.#body?.ask(deferral);
  }

  /** Nobody waits for the hook any more. */
  cancel(reason: Error): void {
    this.end();
    this.#body?.giveUp(reason);
    this.#abort?.abort(reason);
  }

  /** The hook has done its part: from now on it sees nothing. */
  end(): void {
    this.#record = null;
    this.#request = null;
    this.#deferral = null;
  }

  /** A hook that has asked for a body, and has not waited for it. */
  get hasLeftBody(): boolean {
    return this.#body !== null;
  }

  // ——— of its headers

  requireOpen(): void {
    if (this.#record === null)
      throw new Error('the request was kept beyond its call: read what is needed later before the hook returns');
  }

  requireWritable(): void {
    this.requireOpen();
    if (this.#isSent) throw new Error('the request has gone out: it is changed in onRequest');
  }

  valueOfOurs(name: string): string | null {
    const { head, extra } = this.#outgoing;
    if (name === 'host') return head.authority === '' ? null : head.authority;
    return name === 'x-request-id' ? this.id : find(extra, name);
  }

  // ——— for the hook

  get method(): string {
    return this.#outgoing.head.method;
  }

  get path(): string {
    paths.parse(this.#outgoing.head.target);
    return paths.path;
  }

  get query(): URLSearchParams {
    const { target } = this.#outgoing.head;
    const mark = target.indexOf('?');
    return new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  }

  get host(): string {
    return this.#outgoing.head.host;
  }

  get client(): string {
    return this.#open.client;
  }

  get id(): string {
    return this.#open.requestId;
  }

  get listener(): string {
    return this.#open.listener;
  }

  get route(): string {
    return this.#open.route;
  }

  header(name: string): string | null {
    return this.headers.get(name);
  }

  cookie(name: string): string | null {
    this.requireOpen();
    return new CookieWalk(name).first(this.lines);
  }

  get target(): string {
    return this.newTarget ?? this.#outgoing.target;
  }

  set target(target: string) {
    this.requireWritable();
    if (typeof target !== 'string' || !TARGET.test(target) || target.length > LARGEST_TARGET || !paths.parse(target))
      throw new TypeError('a target is a path and a query, e.g. /v1/users?a=b, of visible ASCII');
    this.newTarget = target;
  }

  get state(): Record<string, unknown> {
    return (this.#open.state ??= {});
  }

  get signal(): AbortSignal {
    this.requireWritable();
    return (this.#abort ??= new AbortController()).signal;
  }

  body({ max = this.#maxBodyBytes }: { readonly max?: number } = {}): Promise<Buffer> {
    this.requireWritable();
    if (!(max >= 0 && max <= this.#maxBodyBytes))
      throw new RangeError(`a body of ${max} bytes is more than maxBody of the config, ${this.#maxBodyBytes} bytes`);
    const body = new WantedBody(max);
    this.#body ??= body;
    if (this.#body !== body) return this.#body.promise;
    if (this.#deferral !== null) body.ask(this.#deferral);
    return body.promise;
  }

  get #open(): ExchangeRecord {
    this.requireOpen();
    return this.#record as ExchangeRecord;
  }

  get #outgoing(): OutgoingRequest {
    this.requireOpen();
    return this.#request as OutgoingRequest;
  }
}

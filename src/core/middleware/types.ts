/** What the author of a middleware sees. */
import type { MiddlewareAnswer } from './answer.ts';

/** Header lines that a hook reads and changes. Names are found in any case. */
export interface MiddlewareHeaders {
  /** The value, `null` without one; of several lines joined by `, `, of Cookie by `; `. */
  get(name: string): string | null;
  /** Whether there is a line of that name. */
  has(name: string): boolean;
  /** One line in the place of all of that name. Throws for what is not a middleware's to change, and for bad text. */
  set(name: string, value: string): void;
  /** One more line; throws likewise. */
  add(name: string, value: string): void;
  /** Takes every line of that name out; throws likewise. */
  remove(name: string): void;
}

/**
 * A request on its way to an endpoint, for as long as the hook runs: once it has returned, or its promise has settled,
 * everything of it throws. What is wanted later has to be read before.
 */
export interface MiddlewareRequest {
  readonly method: string;
  /** The path in the normal form that routes go by, without the query: `/a/./b` is `/a/b`. */
  readonly path: string;
  /** A copy of the query, as it came. */
  readonly query: URLSearchParams;
  /** Host in its normal form: lower case, no port. */
  readonly host: string;
  /** The client's address, seen through the proxies that are trusted. */
  readonly client: string;
  /** Its X-Request-Id. */
  readonly id: string;
  /** Names of its listener and its route. */
  readonly listener: string;
  readonly route: string;
  /** Header lines that go to the endpoint, with what has been changed so far. */
  readonly headers: MiddlewareHeaders;
  /** The same as `headers.get(name)`. */
  header(name: string): string | null;
  /** The value of a cookie as it stands there; `null` without one. */
  cookie(name: string): string | null;
  /** The target that goes to the endpoint, path and query. What is set has to begin with a slash. */
  target: string;
  /** Of this exchange, for its other hooks and other middleware. */
  readonly state: Record<string, unknown>;
  /** Aborts when nobody waits for this hook any more: its client left, or its time was over. */
  readonly signal: AbortSignal;
  /**
   * The whole body, which goes to the endpoint as it came. `max`: bytes, at most and by default `maxBody` of the config.
   * For a hook that returns a promise. Rejects with {@link BodyTooLarge}; where that is not caught, the client gets a 413.
   */
  body(options?: { readonly max?: number }): Promise<Buffer>;
}

/** The request that an answer belongs to: it has gone out, and setters throw. */
export type AnsweredRequest = Omit<MiddlewareRequest, 'body' | 'signal'>;

/** A piece of a body, or nothing. */
// A function that returns nothing is what `void` is for here.
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type
export type BodyPiece = string | Uint8Array | undefined | void;

/** What a body goes through on its way to the client; text is sent as UTF-8. */
export interface MiddlewareTransform {
  /** The bytes are a copy, and may be kept. What it returns goes on in their place. */
  write?(chunk: Buffer): BodyPiece;
  /** What goes out behind the last of them. */
  end?(): BodyPiece;
}

/** An endpoint's answer on its way to the client, for as long as the hook runs. */
export interface MiddlewareResponse {
  readonly status: number;
  readonly headers: MiddlewareHeaders;
  /** Another body in the place of the endpoint's, of which nothing goes out. */
  replaceBody(body: string | Uint8Array): void;
  /** A function of each piece, or what is done with pieces and behind the last. It gets the bytes as they come: compressed where the endpoint has done that. */
  transform(transform: MiddlewareTransform | ((chunk: Buffer) => BodyPiece)): void;
}

/** What `onRequest` may return: nothing lets the request pass. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- as above
export type RequestOutcome = MiddlewareAnswer | Response | undefined | void;

/** A step of a user's own. */
export interface Middleware {
  /** For figures and messages. */
  readonly name: string;
  /** Asked before an endpoint is chosen; a request waits for its promise, and others do not. */
  onRequest?(request: MiddlewareRequest): RequestOutcome | Promise<RequestOutcome>;
  /** Asked when the head of the endpoint's answer is there, which waits for nothing: it returns nothing, and no promise. */
  onResponse?(response: MiddlewareResponse, request: AnsweredRequest): void;
}

/** Makes a middleware of its `options`, which it may refuse by throwing. Called once in each thread. */
export type CreateMiddleware<Options> = (options: Options) => Middleware | Promise<Middleware>;

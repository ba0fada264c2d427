/** A body on its way through what a middleware does with it. */
import type { BodyPiece, MiddlewareTransform } from '../../core/middleware/types.ts';
import type { BodySink, BodyTransform } from '../../http/steps/step.ts';

export class PiecewiseBody implements BodyTransform {
  readonly #wanted: MiddlewareTransform;
  /** Says what was thrown, and ends the answer. */
  readonly #fail: (error: unknown, next: BodySink) => void;
  #hasFailed = false;

  constructor(wanted: MiddlewareTransform, fail: (error: unknown, next: BodySink) => void) {
    this.#wanted = wanted;
    this.#fail = fail;
  }

  write(buffer: Buffer, start: number, end: number, next: BodySink): void {
    if (this.#hasFailed) return;
    if (this.#wanted.write === undefined) {
      next.write(buffer, start, end);
      return;
    }
    // What it gets is read over with the next bytes.
    this.#pass(() => this.#wanted.write?.(Buffer.from(buffer.subarray(start, end))), next);
  }

  end(trailers: string, next: BodySink): void {
    if (this.#hasFailed) return;
    if (this.#wanted.end !== undefined) this.#pass(() => this.#wanted.end?.(), next);
    if (!this.#hasFailed) next.end(trailers);
  }

  #pass(make: () => BodyPiece, next: BodySink): void {
    let bytes: Buffer | null;
    try {
      bytes = bytesOf(make());
    } catch (error) {
      this.#hasFailed = true;
      this.#fail(error, next);
      return;
    }
    if (bytes !== null && bytes.length > 0) next.write(bytes, 0, bytes.length);
  }
}

/** Bytes of its own: they may have to wait for the client. */
function bytesOf(piece: BodyPiece): Buffer | null {
  if (piece === undefined) return null;
  if (typeof piece === 'string') return Buffer.from(piece);
  if (piece instanceof Uint8Array) return Buffer.from(piece);
  throw new TypeError('a piece of a body is text, bytes, or nothing');
}

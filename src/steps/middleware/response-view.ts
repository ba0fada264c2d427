/** An endpoint's answer as a hook sees it, one object for one call after another. */
import type { BodyPiece, MiddlewareResponse, MiddlewareTransform } from '../../core/middleware/types.ts';
import type { ResponseView } from '../../http/steps/step.ts';
import { HeaderEdits } from './header-edits.ts';
import type { HeaderOwner } from './header-edits.ts';

/** What no longer holds of a body that is another one. */
const OF_THE_BODY = ['etag', 'accept-ranges', 'content-md5', 'content-digest', 'repr-digest', 'digest'];

export class ResponseInHook implements MiddlewareResponse, HeaderOwner {
  readonly headers = new HeaderEdits(this, 'response');
  #given: ResponseView | null = null;
  lines = '';
  /** What the body goes through; null: it passes as it is. */
  wanted: MiddlewareTransform | null = null;

  // ——— for the step

  begin(given: ResponseView): this {
    this.#given = given;
    this.lines = given.lines;
    this.wanted = null;
    if (this.headers.edits.length > 0) this.headers.edits.length = 0;
    return this;
  }

  end(): void {
    this.#given = null;
  }

  // ——— of its headers

  requireOpen(): void {
    if (this.#given === null)
      throw new Error('the response was kept beyond its call: read what is needed later before the hook returns');
  }

  requireWritable(): void {
    this.requireOpen();
  }

  valueOfOurs(): null {
    return null;
  }

  // ——— for the hook

  get status(): number {
    this.requireOpen();
    return (this.#given as ResponseView).response.status;
  }

  replaceBody(body: string | Uint8Array): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    this.#transformBy({ write: () => undefined, end: () => bytes });
    this.headers.remove('content-encoding');
  }

  transform(transform: MiddlewareTransform | ((chunk: Buffer) => BodyPiece)): void {
    const wanted = typeof transform === 'function' ? { write: transform } : transform;
    if (typeof wanted !== 'object' || wanted === null || (wanted.write ?? wanted.end) === undefined)
      throw new TypeError('transform takes a function of each piece of the body, or { write, end }');
    this.#transformBy(wanted);
  }

  #transformBy(wanted: MiddlewareTransform): void {
    this.requireOpen();
    if (this.wanted !== null) throw new Error('the body of this answer is changed already, by the same middleware');
    for (const name of OF_THE_BODY) this.headers.remove(name);
    this.wanted = wanted;
  }
}

/** The body that a middleware asked for is larger than it wanted, or may have. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';

  /** @internal */
  constructor(maxBytes: number) {
    super(`the body is larger than ${maxBytes} bytes`);
  }
}

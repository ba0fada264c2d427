/** What is wrong with a list that a config names. */
export interface ListMistake {
  readonly list: string;
  /** A sentence without its full stop. */
  readonly message: string;
  /** What to do about it: a sentence. */
  readonly cure: string;
}

/** Lists of addresses that a config names cannot be used. `message` names each of them and its cure. */
export class ListError extends Error {
  readonly code = 'FL_LIST';
  override readonly name = 'ListError';
  /** The same, one by one. At least one. */
  readonly mistakes: readonly ListMistake[];

  constructor(mistakes: readonly ListMistake[]) {
    super(mistakes.map(({ list, message, cure }) => `list ${list}: ${message}. ${cure}`).join('\n'));
    this.mistakes = mistakes;
  }
}

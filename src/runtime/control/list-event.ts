/** What became of a named list of addresses. */
export interface ListEvent {
  readonly list: string;
  /**
   * `updated`: it holds something else now, or can be used again. `unusable`: what its file or URL has cannot be used, and
   * the last good one stays. `warning`: it is used without some of its lines.
   */
  readonly change: 'updated' | 'unusable' | 'warning';
  /** In words, with what to do. */
  readonly message: string;
}

/** The figures of a named list. */
export interface ListStats {
  readonly list: string;
  readonly source: 'inline' | 'file' | 'url';
  /** Addresses, blocks and ranges as they were read. */
  readonly entries: number;
  /** Since it was read; of a URL, since its server last said that it is the same. */
  readonly ageMs: number;
  /** Requests that it has decided about, refused and allowed ones. */
  readonly hits: number;
  /** What was told of it and still holds; `''`: there is nothing to do. */
  readonly trouble: string;
}

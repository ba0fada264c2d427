/** Something about a certificate that somebody should know. */
export interface CertificateEvent {
  /** Whose clients it is shown to; null: it is of a pool. */
  readonly listener: string | null;
  /** Whose endpoints are spoken to with it; null: it is of a listener. */
  readonly pool: string | null;
  readonly change:
    /** It is used from now on, in place of another, or what clients are judged by from now on. */
    | 'renewed'
    /** It could not be used, and can be now. */
    | 'usable'
    /** It cannot be used: listener or pool go on with what they have. */
    | 'unusable'
    /** Fairlead was to get one by itself, and could not: it goes on with what it has, and tries again. */
    | 'not-issued'
    /** It is used, and something should be done about it: it expires soon, others can read its key. */
    | 'warning';
  readonly file: string;
  /** What there is to say, with the cure. */
  readonly message: string;
}

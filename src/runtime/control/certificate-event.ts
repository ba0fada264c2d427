/** Something about a certificate that somebody should know. */
export interface CertificateEvent {
  readonly listener: string;
  readonly change:
    /** It is served from now on, in place of another. */
    | 'renewed'
    /** It cannot be used: the listener goes on with those that it has. */
    | 'unusable'
    /** It is served, and something should be done about it: it expires soon, others can read its key. */
    | 'warning';
  readonly file: string;
  /** What there is to say, with the cure. */
  readonly message: string;
}

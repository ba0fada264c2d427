/** What the access log writes, as threads get it. */

/** A named format, or text and fields in turn. */
export type LogFormat = 'json' | 'common' | 'combined' | readonly LogPart[];

/** A piece of a custom format: literal text, or a field. */
export type LogPart = { readonly text: string } | { readonly field: LogField };

/** A field of a line. Times are milliseconds; a step that was not reached has none. */
export type LogField =
  /** When the request's head was complete. */
  | 'time'
  /** The client's address, seen through the proxies that are trusted. */
  | 'client'
  | 'method'
  | 'host'
  /** Path and query as the client sent them, masked. */
  | 'path'
  | 'protocol'
  /** 0 where nothing was answered. */
  | 'status'
  /** Body bytes of the request. */
  | 'bytesIn'
  /** Body bytes of the answer. */
  | 'bytesOut'
  | 'listener'
  | 'route'
  | 'pool'
  | 'endpoint'
  | 'attempts'
  /** Reason code of an answer of ours or of a broken end. */
  | 'reason'
  | 'requestId'
  | 'userAgent'
  | 'referer'
  /** Until an endpoint was chosen and there was a place. */
  | 'queueMs'
  /** From there until the connection was there. */
  | 'connectMs'
  /** From there to the first byte of the answer. */
  | 'firstByteMs'
  | 'totalMs'
  /** The name that the client asked for in TLS. Of these five there is nothing where it came without TLS. */
  | 'sni'
  /** `TLSv1.3`. */
  | 'tlsVersion'
  | 'tlsCipher'
  /** `true`: an earlier session went on. */
  | 'tlsResumed'
  /** SHA-256 of the client's certificate, in hex; nothing where it has shown none. */
  | 'clientCert';

/** How lines of the access log look, and where they go. */
export interface AccessLogSpec {
  readonly format: LogFormat;
  readonly to: LogTarget;
  /** Query parameters, lower case, whose values are not written. */
  readonly mask: readonly string[];
  /** Room for lines on their way, for each worker. */
  readonly bufferBytes: number;
  /** For requests that met no route. */
  readonly unrouted: RouteLogSpec | null;
}

/** Where lines go. */
export type LogTarget =
  | { readonly kind: 'stdout' | 'stderr' }
  | { readonly kind: 'file'; readonly path: string; readonly rotate: LogRotation | null };

/** When a file is put aside, and how many stay. */
export interface LogRotation {
  /** 0: not by size. */
  readonly bytes: number;
  /** `''`: not by age; else `1h` or `1d`. */
  readonly every: '' | '1h' | '1d';
  /** Old files that stay. */
  readonly keep: number;
  readonly compress: boolean;
}

/** Which exchanges of a route get a line. */
export interface RouteLogSpec {
  /** `info`: all; `warn`: from status 400; `error`: from 500, and answers that broke. */
  readonly level: 'info' | 'warn' | 'error';
  readonly only: 'all' | 'slow-or-failed';
  readonly slowMs: number;
  /** Share of the lines that are written of exchanges neither slow nor failed, 0 to 1. */
  readonly sample: number;
}

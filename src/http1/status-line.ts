/** The status line (RFC 9112 4). */

/**
 * A status below 100 does not exist; those from 600 on have no meaning, but servers use them, and they are
 * framed like any other, so they pass. The blank before an empty reason may be missing, as many servers do it.
 */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

export interface StatusLine {
  /** 10 or 11. */
  readonly version: number;
  readonly status: number;
  readonly reason: string;
}

/** Null: malformed, or a version that no HTTP/1 server speaks. */
export function parseStatusLine(line: string): StatusLine | null {
  const match = STATUS_LINE.exec(line);
  if (match === null) return null;
  return { version: match[1] === '1' ? 11 : 10, status: Number(match[2]), reason: match[3] ?? '' };
}

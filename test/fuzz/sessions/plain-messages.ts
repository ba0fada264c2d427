/**
 * Where a message that Fairlead has written ends: as plain a reading as can be of the few forms it writes. Whether
 * they mean the right thing is Node's parser to say.
 */

export interface PlainMessage {
  /** From the start line to the empty line. */
  readonly head: string;
  readonly body: string;
  /** Position behind it. */
  readonly end: number;
}

/** The message at `at`; null: it is not whole. `untilEnd`: without a length it goes on to the end of the text. */
export function readPlainMessage(
  text: string,
  at: number,
  isBodyless: boolean,
  untilEnd: boolean,
): PlainMessage | null {
  const headEnd = text.indexOf('\r\n\r\n', at) + 4;
  if (headEnd < 4) return null;
  const head = text.slice(at, headEnd);
  if (isBodyless) return { head, body: '', end: headEnd };
  if (head.includes('\r\nTransfer-Encoding: chunked\r\n')) return readChunked(text, head, headEnd);
  const length = headerOf(head, 'content-length');
  if (length === null)
    return untilEnd ? { head, body: text.slice(headEnd), end: text.length } : { head, body: '', end: headEnd };
  const end = headEnd + Number(length);
  return end > text.length ? null : { head, body: text.slice(headEnd, end), end };
}

function readChunked(text: string, head: string, from: number): PlainMessage | null {
  let body = '';
  for (let at = from; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) {
      // Trailers end with an empty line, which without any is the chunk's own.
      const end = text.indexOf('\r\n\r\n', lineEnd);
      return end < 0 ? null : { head, body, end: end + 4 };
    }
    if (text.length < lineEnd + size + 4) return null;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + size + 4;
  }
}

/** Value of a header, its name in lower case; null without one. */
export function headerOf(head: string, name: string): string | null {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) return null;
  const start = at + name.length + 3;
  return head.slice(start, head.indexOf('\r\n', start)).trim();
}

export function statusOf(head: string): number {
  return Number(head.slice(9, 12));
}

/** The chunked coding, written (RFC 9112 7.1). */

/** Ends the data of each chunk. */
export const CHUNK_END = '\r\n';

/** What stands before the data of a chunk. `bytes` is above 0: a chunk of 0 would end the body. */
export function chunkHead(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

/** Ends the body. `trailers` are header lines, `''` without any. */
export function lastChunk(trailers: string): string {
  return trailers === '' ? '0\r\n\r\n' : `0\r\n${trailers}\r\n`;
}

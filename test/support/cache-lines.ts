/** Which bytes of a shared table somebody writes, and whether two of them write to one cache line. */
import assert from 'node:assert/strict';

/** Where in a cache line of 64 bytes a buffer may begin. */
const BASES = [0, 16, 32, 48];

/** What `write` leaves other than 0, as places in the buffer; it is clean afterwards. */
export function bytesOf(buffer: SharedArrayBuffer, write: () => void): number[] {
  const bytes = new Uint8Array(buffer);
  write();
  const places: number[] = [];
  bytes.forEach((byte, at) => {
    if (byte !== 0) places.push(at);
  });
  bytes.fill(0);
  return places;
}

/** That no two of these places share a cache line, wherever the buffer begins within one. */
export function assertApart(first: readonly number[], second: readonly number[]): void {
  for (const base of BASES) {
    const lines = new Set(first.map((at) => (at + base) >> 6));
    const common = second.filter((at) => lines.has((at + base) >> 6));
    assert.deepEqual(common, [], `of a buffer that begins ${base} bytes behind a border`);
  }
}

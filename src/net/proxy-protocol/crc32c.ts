/** CRC-32C (Castagnoli), as RFC 3720 B.4 defines it: what a PROXY header of version 2 may be checked by. */

/** The polynomial 0x1EDC6F41, reflected. */
const POLYNOMIAL = 0x82f63b78;
const BITS = 8;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < BITS; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  return value;
});

/**
 * Of `bytes[start, end)`, an unsigned number of 32 bits. The four bytes from `zeroAt` on count as zeros: a header holds
 * its own checksum.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, zeroAt = end): number {
  let crc = -1;
  for (let at = start; at < end; at++) {
    const byte = at >= zeroAt && at < zeroAt + 4 ? 0 : bytes[at];
    crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

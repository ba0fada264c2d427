/**
 * Two methods of every Node Buffer that `@types/node` leaves out. `toString('latin1')` and `write(…, 'latin1')` end in
 * them, after a check of arguments that costs more than the work on a small head (undici calls them directly, too).
 */
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string;
    latin1Write(text: string, offset?: number, length?: number): number;
  }
}

export {};

/** A value as it was written, before anything is known of it. */
export type WrittenMap = Readonly<Record<string, unknown>>;

export function isWrittenMap(value: unknown): value is WrittenMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

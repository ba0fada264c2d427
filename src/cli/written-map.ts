/** A map in the order of its entries; those that are undefined are left out. */
export type Written = Record<string, unknown>;

export function withoutGaps(written: Written): Written {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
}

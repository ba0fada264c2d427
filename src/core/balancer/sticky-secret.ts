/** Bytes that the secret of sticky cookies has at least. */
export const LEAST_SECRET_BYTES = 16;

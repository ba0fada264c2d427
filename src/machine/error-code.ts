/** What went wrong, for a message: the code of the system or of Node (`ENOENT`), or the error as text where it has none. */
export function codeOrText(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

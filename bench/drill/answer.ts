/** The one right answer to a request of the drill, known to the server that gives it and the client that wants it. */
const FILLING = 'x'.repeat(2000);
/** What a request for more asks for. */
export const LARGE_PATH = '/large';
export const LARGE_BYTES = 4 * 2 ** 20;

export function bodyOf(id: string): string {
  return `${id} ${FILLING}`;
}

export function largeBodyOf(id: string): string {
  return `${id} `.padEnd(LARGE_BYTES, 'x');
}

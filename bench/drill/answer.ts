/** The one right answer to a request of the drill, known to the server that gives it and the client that wants it. */
const FILLING = 'x'.repeat(2000);

export function bodyOf(id: string): string {
  return `${id} ${FILLING}`;
}

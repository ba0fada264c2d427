/**
 * What is read from an accepted connection before anybody speaks a protocol on it: a PROXY header, then a TLS hello. A
 * stage reads, and writes what it has found into the connection's facts; it never puts another connection in its
 * place. A listener without stages hands its connections straight to the codec.
 */
import type { AcceptedConnection, ConnectionHandler } from './transport.ts';

/**
 * The next stage, or the codec: takes the connection with the bytes that were read and not used up, `rest[start, end)`,
 * which are borrowed until it returns. Null: there are none.
 */
export type NextStage = (rest: Buffer | null, start?: number, end?: number) => void;

export interface Stage {
  /**
   * Takes the connection over. Calls `next` once, at once or later, when it is done with the connection, or `gone` when
   * the connection has closed before that. What it returns is the connection's handler until then.
   */
  begin(connection: AcceptedConnection, next: NextStage, gone: () => void): ConnectionHandler;
}

/** Runs a connection through `stages` and gives it to the codec. Returns its first handler. `gone`: it closed on the way. */
export function passStages(
  connection: AcceptedConnection,
  stages: readonly Stage[],
  codec: (connection: AcceptedConnection) => ConnectionHandler,
  gone: () => void,
): ConnectionHandler {
  enter(connection, stages, 0, codec, gone);
  return connection.handler;
}

function enter(
  connection: AcceptedConnection,
  stages: readonly Stage[],
  index: number,
  codec: (connection: AcceptedConnection) => ConnectionHandler,
  gone: () => void,
): void {
  if (index === stages.length) {
    connection.handler = codec(connection);
    return;
  }
  let isOver = false;
  const next: NextStage = (rest, start = 0, end = rest?.length ?? 0) => {
    isOver = true;
    enter(connection, stages, index + 1, codec, gone);
    if (rest !== null && end > start) connection.handler.onBytes(rest, start, end);
  };
  const handler = stages[index].begin(connection, next, gone);
  // The stage was done before it returned: its handler is not needed any more.
  if (!isOver) connection.handler = handler;
}

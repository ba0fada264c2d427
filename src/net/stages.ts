/**
 * What is read from an accepted connection before anybody speaks a protocol on it: a PROXY header, then a TLS hello. A
 * stage reads, and writes what it has found into the connection's facts; the one that speaks TLS puts the engine's secured
 * connection in its place. A listener without stages hands its connections straight to the codec.
 */
import type { AcceptedConnection, ConnectionHandler } from './transport.ts';

/**
 * The next stage, or the codec: takes the connection with the bytes that were read and not used up, `rest[start, end)`,
 * which are borrowed until it returns. Null: there are none. `secured`: the connection that goes on in its place.
 */
export type NextStage = (rest: Buffer | null, start?: number, end?: number, secured?: AcceptedConnection) => void;

/** Hears of a connection while a stage has it. */
export interface StageHandler extends ConnectionHandler {
  /** Closes the connection, whatever the stage has made of it; `gone` follows. Left out: closing it is all there is to do. */
  abort?(): void;
}

export interface Stage {
  /**
   * Takes the connection over. Calls `next` once, at once or later, when it is done with the connection, or `gone` when
   * the connection has closed before that. What it returns is the connection's handler until then.
   */
  begin(connection: AcceptedConnection, next: NextStage, gone: () => void): StageHandler;
}

/** Who has a connection through its stages. */
export interface StagesOwner {
  /** The connection is through. Returns its handler. */
  open(connection: AcceptedConnection): ConnectionHandler;
  /** It has closed on the way. */
  gone(): void;
  /** This stage has it now. */
  entered?(stage: StageHandler): void;
}

/** Runs a connection through `stages`. Returns its first handler. */
export function passStages(
  connection: AcceptedConnection,
  stages: readonly Stage[],
  owner: StagesOwner,
): ConnectionHandler {
  enter(connection, stages, 0, owner);
  return connection.handler;
}

function enter(connection: AcceptedConnection, stages: readonly Stage[], index: number, owner: StagesOwner): void {
  if (index === stages.length) {
    connection.handler = owner.open(connection);
    return;
  }
  let isOver = false;
  const next: NextStage = (rest, start = 0, end = rest?.length ?? 0, secured = connection) => {
    isOver = true;
    enter(secured, stages, index + 1, owner);
    if (rest !== null && end > start) secured.handler.onBytes(rest, start, end);
  };
  const handler = stages[index].begin(connection, next, () => owner.gone());
  // The stage was done before it returned: its handler is not needed any more.
  if (isOver) return;
  connection.handler = handler;
  owner.entered?.(handler);
}

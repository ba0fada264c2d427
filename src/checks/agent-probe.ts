/** One question to a server's agent: connects, sends nothing, and takes a line (see `core/health/agent.ts`). */
import net from 'node:net';

/** Where an agent listens. */
export interface AgentTarget {
  /** Numeric. */
  readonly address: string;
  readonly port: number;
}

/** Resolves to what came until the line ended or the agent closed; null where nobody could be asked. Never rejects. */
export type AskAgent = (target: AgentTarget, signal: AbortSignal) => Promise<string | null>;

/** A line is short: what is longer has no end. */
const MOST_BYTES = 1024;

export const askAgent: AskAgent = ({ address, port }, signal) => {
  return new Promise((resolve) => {
    let text = '';
    let isConnected = false;
    const socket = net.connect({ host: address, port, signal });
    const finish = (): void => {
      resolve(isConnected ? text : null);
      socket.destroy();
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      isConnected = true;
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length >= MOST_BYTES || /[\r\n]/.test(chunk)) finish();
    });
    socket.on('end', finish);
    socket.on('error', finish);
    socket.on('close', finish);
  });
};

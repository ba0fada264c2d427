/** A port for the new listener. */
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 8080;
const LAST = 8179;

/** 8080, or the next free port of 127.0.0.1; 0, which takes any, if a hundred of them are taken. */
export async function findFreePort(): Promise<number> {
  for (let port = FIRST; port <= LAST; port++) if (await isFree(port)) return port;
  return 0;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

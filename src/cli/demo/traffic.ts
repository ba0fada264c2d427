/** The demo's own clients, so that its lines show something: some 50 requests a second over loopback, to both names. */
import http from 'node:http';

const INTERVAL_MS = 20;
/** Beyond this many in flight a turn is left out: the load stays gentle however slow the answers are. */
const MOST_IN_FLIGHT = 16;
/** Two of three requests go to the first name. */
const TURN = 3;

export interface Traffic {
  readonly sent: number;
  /** Answers of 500 and above, and requests that met no answer. */
  readonly failed: number;
  stop(): void;
}

export function startTraffic(port: number, firstHost: string, secondHost: string): Traffic {
  const agent = new http.Agent({ keepAlive: true, maxSockets: MOST_IN_FLIGHT });
  const counts = { sent: 0, failed: 0, inFlight: 0 };
  let isStopped = false;
  const settle = (isFailed: boolean): void => {
    counts.inFlight--;
    if (isFailed && !isStopped) counts.failed++;
  };
  const send = (): void => {
    if (counts.inFlight >= MOST_IN_FLIGHT) return;
    const host = counts.sent++ % TURN === TURN - 1 ? secondHost : firstHost;
    counts.inFlight++;
    const request = http.get({ host: '127.0.0.1', port, agent, path: '/', headers: { host } }, (response) => {
      response.resume();
      response.once('close', () => settle((response.statusCode ?? 0) >= 500 || !response.complete));
    });
    request.once('error', () => settle(true));
  };
  const timer = setInterval(send, INTERVAL_MS);
  return {
    get sent() {
      return counts.sent;
    },
    get failed() {
      return counts.failed;
    },
    stop() {
      isStopped = true;
      clearInterval(timer);
      agent.destroy();
    },
  };
}

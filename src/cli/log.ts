/** What happens to a running balancer, a line each on stderr: stdout is for addresses, and later the access log. */
import type { EventEmitter } from 'node:events';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import type { BalancerEvents } from '../runtime/balancer.ts';

/** A bug that every request meets must not cost more in the log than in the exchange. */
const MOST_FAULTS = 10;
const FAULT_WINDOW_MS = 60_000;

type Say = (text: string) => void;

/** Logs from now on. */
export function logEvents(balancer: EventEmitter<BalancerEvents>, say: Say = sayOnStderr, clock = systemClock): void {
  balancer.on('health', ({ pool, endpoint, before, state, reason }) => {
    say(`endpoint ${endpoint} of pool ${pool}: ${before} → ${state}: ${reason}`);
  });
  balancer.on('worker', ({ worker, change, reason }) => say(`worker ${worker} ${change}: ${reason}`));
  balancer.on('fault', createFaultLog(say, clock));
  balancer.on('limit', (connections) => {
    say(`${connections} client connections are open, the most that maxConnections allows: accepting pauses`);
  });
  balancer.on('drain', (phase) => say(phase === 'begin' ? 'draining; another signal ends at once' : 'drained'));
}

/** At most ten faults a minute in full, the rest as a number with the first of the next. */
function createFaultLog(say: Say, clock: Clock): (...[fault]: BalancerEvents['fault']) => void {
  let windowEnd = -Infinity;
  let count = 0;
  return ({ worker, stack }) => {
    const now = clock.now();
    if (now >= windowEnd) {
      if (count > MOST_FAULTS) say(`${count - MOST_FAULTS} more bugs of ours were left out`);
      windowEnd = now + FAULT_WINDOW_MS;
      count = 0;
    }
    if (++count <= MOST_FAULTS) say(`a bug of ours cost an exchange in worker ${worker}: ${stack}`);
  };
}

function sayOnStderr(text: string): void {
  console.error(`${new Date().toISOString()} fairlead: ${text}`);
}

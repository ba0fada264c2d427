/** What happens to a running balancer, a line each on stderr: stdout is for addresses, and later the access log. */
import type { Balancer } from '../runtime/balancer.ts';

export function logEvents(balancer: Balancer): void {
  balancer.on('health', ({ pool, endpoint, before, state, reason }) => {
    say(`endpoint ${endpoint} of pool ${pool}: ${before} → ${state}: ${reason}`);
  });
  balancer.on('worker', ({ worker, change, reason }) => say(`worker ${worker} ${change}: ${reason}`));
  balancer.on('fault', ({ worker, stack }) => say(`a bug of ours cost an exchange in worker ${worker}: ${stack}`));
  balancer.on('limit', (connections) => {
    say(`${connections} client connections are open, the most that maxConnections allows: accepting pauses`);
  });
  balancer.on('drain', (phase) => say(phase === 'begin' ? 'draining; another signal ends at once' : 'drained'));
}

function say(text: string): void {
  console.error(`${new Date().toISOString()} fairlead: ${text}`);
}

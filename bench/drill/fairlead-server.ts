/**
 * Fairlead as the drill runs it where one of its threads is to be killed: `fairlead run` has no order for that. A line
 * `kill worker` on standard input ends one at once.
 *
 * `node bench/drill/fairlead-server.ts CONFIG`
 */
import { createInterface } from 'node:readline';
import { formatConfigErrors } from '../../src/config/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createBalancer } from '../../src/runtime/create-balancer.ts';

const loaded = await loadConfig(process.argv[2]);
if ('errors' in loaded) throw new Error(formatConfigErrors(loaded.errors));
const balancer = createBalancer(loaded.config, { allowTestFaults: true });
balancer.on('worker', ({ change }) => process.stderr.write(`a worker is ${change}\n`));
await balancer.listen();
process.on('SIGTERM', () => void balancer.close({ force: true }).then(() => process.exit(0)));
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'kill worker') balancer.workers?.serving[0]?.breakDown('exit');
  })
  .on('close', () => process.exit(0));

/** How the process does as a whole. */
import { addressText } from '../../runtime/shared/listener-key.ts';
import type { Operation } from '../operation.ts';
import { isUp, summarizePool } from './pools.ts';

const getStatus: Operation = {
  id: 'getStatus',
  method: 'GET',
  path: '/v1/status',
  role: 'read',
  query: [],
  run({ balancer, process: facts }) {
    const { tcp, udp, pools, workers, memory } = balancer.stats();
    const problems = pools.flatMap(({ pool, isPanicking, endpoints }) => [
      ...(isPanicking ? [`pool ${pool}: no endpoint is healthy`] : []),
      ...endpoints
        .filter(({ health }) => !isUp(health.state))
        .map(({ endpoint, health }) => `pool ${pool}: ${endpoint} is ${health.state}: ${health.reason}`),
    ]);
    const content = {
      version: facts.version,
      node: process.versions.node,
      pid: process.pid,
      config: facts.config,
      startedAt: new Date(facts.startedAt).toISOString(),
      uptimeMs: Date.now() - facts.startedAt,
      listeners: balancer.addresses().map((each) => {
        const { listener: id, protocol } = each;
        const ofId = (stats: { readonly listener: string }): boolean => stats.listener === id;
        const { listener: _, ...counters } = tcp.find(ofId) ?? udp.find(ofId) ?? { listener: id };
        return { id, address: addressText(each), protocol, ...counters };
      }),
      pools: pools.map(summarizePool),
      workers,
      memory,
      problems,
    };
    return { status: 200, content };
  },
};

export const statusOperations: readonly Operation[] = [getStatus];

/** How the process does as a whole. */
import { addressText } from '../../runtime/shared/listener-key.ts';
import type { BalancerStats } from '../../runtime/control/balancer-stats.ts';
import type { Operation } from '../operation.ts';
import { isUp, summarizePool } from './pools.ts';

const getStatus: Operation = {
  id: 'getStatus',
  method: 'GET',
  path: '/v1/status',
  role: 'read',
  query: [],
  run({ balancer, process: facts }) {
    const { tcp, udp, pools, certificates, lists, limits, concurrency, workers, memory } = balancer.stats();
    const problems = [
      ...pools.flatMap(describePool),
      ...certificates.map(describeCertificate),
      ...lists.flatMap(({ list, trouble }) => (trouble === '' ? [] : [`list ${list}: ${trouble}`])),
    ];
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
      ...(lists.length === 0 ? {} : { lists }),
      limits,
      concurrency,
      workers,
      memory,
      problems,
    };
    return { status: 200, content };
  },
};

function describePool({ pool, isPanicking, endpoints }: BalancerStats['pools'][number]): readonly string[] {
  return [
    ...(isPanicking ? [`pool ${pool}: no endpoint is healthy`] : []),
    ...endpoints
      .filter(({ health }) => !isUp(health.state))
      .map(({ endpoint, health }) => `pool ${pool}: ${endpoint} is ${health.state}: ${health.reason}`),
  ];
}

/** As the log tells it. */
function describeCertificate({ listener, pool, change, file, message }: BalancerStats['certificates'][number]): string {
  const owner = pool === null ? `listener ${listener}` : `pool ${pool}`;
  const code = change === 'warning' ? '' : `certificate-${change}: `;
  return `${owner}: ${code}${file === '' ? '' : `${file}: `}${message}`;
}

export const statusOperations: readonly Operation[] = [getStatus];

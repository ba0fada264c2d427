/** What an operator wants of an endpoint. It holds until the process ends or the endpoint leaves the config. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolEndpointStats } from '../../runtime/control/balancer-stats.ts';
import type { AdminAnswer, AdminRequest, AdminSubject, Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { readReason } from '../read-reason.ts';
import { describeEndpoint, findPool, listKnown } from './pools.ts';

const LOOK_MS = 50;
const LONGEST_WAIT_S = 3600;

const drain: Operation = {
  id: 'drainEndpoint',
  method: 'POST',
  path: '/v1/pools/{pool}/endpoints/{endpoint}/drain',
  role: 'operate',
  query: ['wait'],
  async run(subject, request) {
    const waitMs = readWait(request.query.get('wait'));
    stand(subject, request, 'drain', 'drained');
    const until = performance.now() + waitMs;
    let endpoint = findEndpoint(subject, request);
    while (endpoint.inFlight > 0 && performance.now() < until) {
      await sleep(LOOK_MS);
      endpoint = findEndpoint(subject, request);
    }
    return { status: endpoint.inFlight > 0 ? 202 : 200, content: describeEndpoint(request.params['pool'], endpoint) };
  },
};

const undrain: Operation = {
  id: 'undrainEndpoint',
  method: 'POST',
  path: '/v1/pools/{pool}/endpoints/{endpoint}/undrain',
  role: 'operate',
  query: [],
  run(subject, request): AdminAnswer {
    stand(subject, request, 'ready', 'drained no more');
    return { status: 200, content: describeEndpoint(request.params['pool'], findEndpoint(subject, request)) };
  },
};

function stand(subject: AdminSubject, request: AdminRequest, standing: 'drain' | 'ready', verb: string): void {
  const { id, pool } = toIds(subject, request);
  const why = readReason(request.body);
  subject.balancer.setStanding(pool, id, standing, `${verb} by ${request.by}${why === '' ? '' : `: ${why}`}`);
}

function toIds(subject: AdminSubject, request: AdminRequest): { readonly pool: string; readonly id: string } {
  return { pool: request.params['pool'], id: findEndpoint(subject, request).endpoint };
}

/** Throws a {@link Problem} where there is none. */
function findEndpoint(subject: AdminSubject, { params: { pool, endpoint } }: AdminRequest): PoolEndpointStats {
  const { endpoints } = findPool(subject, pool);
  // The path of a unix socket counts as it is written, a host in any case.
  const found = [endpoint, endpoint.toLowerCase()]
    .map((id) => endpoints.find((each) => each.endpoint === id))
    .find((each) => each !== undefined);
  if (found !== undefined) return found;
  const known = listKnown(endpoints.map((each) => each.endpoint));
  throw new Problem(404, 'no-such-endpoint', `pool ${pool} has no endpoint ${JSON.stringify(endpoint)}${known}`);
}

/** Seconds, `30s`, in ms. */
function readWait(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, seconds] = /^(\d{1,6})s$/.exec(text) ?? [];
  if (seconds !== undefined && Number(seconds) <= LONGEST_WAIT_S) return Number(seconds) * 1000;
  throw new Problem(400, 'bad-query', `wait is a time in seconds of at most ${LONGEST_WAIT_S}s, e.g. wait=30s`);
}

export const endpointOperations: readonly Operation[] = [drain, undrain];

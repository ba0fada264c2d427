/** The agent that servers run beside themselves. */
import type { AgentSpec } from '../core/snapshot.ts';
import { key } from './described.ts';
import { count, duration, object } from './scalars.ts';

export const agentSchema = object(
  {
    port: key(count(1, 65535), {
      description: "Port of the agent, at the endpoint's address.",
      example: 8081,
    }),
    interval: key(duration.prefault('5s'), {
      description: 'From the end of one question to the start of the next.',
      example: '2s',
    }),
  },
  'Agent',
).transform(({ port, interval }): AgentSpec => ({ port, intervalMs: interval }));

/** What may happen to a pool in a run of the model, as plain data that shrinks well. */
import fc from 'fast-check';
import { PoolRun, SERVERS } from './pool-run.ts';
import type { PoolOptions } from './pool-run.ts';
import type { Mode } from './watched-servers.ts';

export type Command =
  | { readonly do: 'request'; readonly method: 'GET' | 'POST'; readonly times: number }
  | { readonly do: 'behave'; readonly server: string; readonly mode: Mode }
  | { readonly do: 'kill' | 'revive' | 'drain' | 'undrain' | 'check-passes' | 'check-fails'; readonly server: string }
  | { readonly do: 'reload'; readonly weights: readonly number[] }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'end-thread'; readonly thread: number }
  | { readonly do: 'leave' };

const server = fc.constantFrom(...SERVERS.slice(0, 4));
const MODES: readonly Mode[] = ['ok', 'slow', '503', 'reset', 'reset-in-body', 'hang'];

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      method: fc.constantFrom('GET' as const, 'GET' as const, 'POST' as const),
      times: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(10, 100, 500, 1500, 5000) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('behave' as const), server, mode: fc.constantFrom(...MODES) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(...(['kill', 'revive', 'drain', 'undrain', 'check-passes', 'check-fails'] as const)),
      server,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reload' as const),
      // 0: it is not in the config.
      weights: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: SERVERS.length, maxLength: SERVERS.length }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end-thread' as const), thread: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const) }) },
);

export const commands = fc.array(command, { minLength: 1, maxLength: 60, size: 'max' });

export function optionsFor(threads: number): fc.Arbitrary<PoolOptions> {
  return fc.record({
    policy: fc.constantFrom('power-of-two', 'round-robin', 'least-connections', 'random', 'peak-ewma'),
    failures: fc.constantFrom(5, 2),
    hasCheck: fc.boolean(),
    retries503: fc.boolean(),
    threads: fc.constant(threads),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  });
}

/** Rejects with the shortest series of commands after which a pool is not as its reference says. */
export function checkModel(threads: number, numRuns: number, seed: number): Promise<void> {
  return fc.assert(fc.asyncProperty(optionsFor(threads), commands, runModel), { numRuns, seed });
}

/** Rejects where what is seen is not what the reference says. */
export async function runModel(options: PoolOptions, list: readonly Command[]): Promise<void> {
  const run = await PoolRun.start(options);
  try {
    for (const each of list) await carryOut(run, each);
    await run.end();
  } finally {
    await run.close();
  }
}

async function carryOut(run: PoolRun, command: Command): Promise<void> {
  switch (command.do) {
    case 'request':
      for (let time = 0; time < command.times; time++) await run.request(command.method);
      return;
    case 'behave':
      run.behave(command.server, command.mode);
      return;
    case 'kill':
      return run.kill(command.server);
    case 'revive':
      run.revive(command.server);
      return;
    case 'drain':
    case 'undrain':
      return run.drain(command.server, command.do === 'drain');
    case 'check-passes':
    case 'check-fails':
      run.check(command.server, command.do === 'check-passes');
      return;
    case 'reload': {
      const weights = SERVERS.map((id, index) => [id, command.weights[index]] as const).filter(
        ([, weight]) => weight > 0,
      );
      return run.reload(new Map(weights.length === 0 ? [[SERVERS[0], 1]] : weights));
    }
    case 'pass':
      return run.pass(command.ms);
    case 'end-thread':
      return run.endThread(command.thread);
    case 'leave':
      return run.leave();
  }
}

/** `fairlead run`: a balancer from start to drained end. */
import type { Config } from '../config/config.ts';
import { formatConfigErrors } from '../config/errors.ts';
import { enableLinearRegex } from '../config/linear-regex.ts';
import { fromArguments, loadConfig } from '../config/load.ts';
import type { ParsedConfig } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { createBalancer } from '../runtime/balancer.ts';
import type { Balancer } from '../runtime/balancer.ts';
import { addressText } from '../runtime/listener-key.ts';
import { ListenError } from '../runtime/listeners.ts';
import { UnresolvedNames } from '../runtime/resolve-names.ts';
import { closeOnSignals } from '../runtime/signals.ts';
import type { EndSignal } from '../runtime/signals.ts';
import { EndSignals } from './end-signals.ts';
import { EXIT_INTERNAL, EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE, exitCodeOf } from './exit-codes.ts';
import { logEvents } from './log.ts';

export interface RunOptions {
  readonly config: string;
  /** Servers to balance over, instead of a config. */
  readonly to?: readonly string[];
  /** Only with `to`. */
  readonly listen?: string;
}

/** Resolves to the exit code once everything has ended. */
export async function run(options: RunOptions): Promise<number> {
  enableLinearRegex();
  const parsed = await readConfig(options);
  if ('errors' in parsed) {
    console.error(formatConfigErrors(parsed.errors));
    return EXIT_USAGE;
  }
  const signals = new EndSignals(process, systemClock);
  try {
    return await serve(parsed.config, signals);
  } finally {
    signals.stop();
  }
}

async function readConfig({ config, to, listen }: RunOptions): Promise<ParsedConfig> {
  return to === undefined ? loadConfig(config) : fromArguments(to, listen);
}

async function serve(config: Config, signals: EndSignals): Promise<number> {
  const balancer = createBalancer(config);
  logEvents(balancer);
  const { promise: dead, resolve: die } = Promise.withResolvers<'dead'>();
  balancer.once('dead', () => die('dead'));
  const watch = closeOnSignals(balancer, signals);
  try {
    await Promise.race([balancer.listen(), watch.ended]);
    sayAddresses(balancer);
    return codeOf(await Promise.race([watch.ended, dead]), signals);
  } catch (error) {
    return sayFailure(error);
  } finally {
    watch.stop();
  }
}

function codeOf(end: EndSignal | 'dead', signals: EndSignals): number {
  if (end !== 'dead') return signals.count > 1 ? exitCodeOf(end) : EXIT_OK;
  console.error('fairlead: no worker is left: ending, so that a supervisor can start anew');
  return EXIT_INTERNAL;
}

function sayAddresses(balancer: Balancer): void {
  for (const address of balancer.addresses()) {
    console.log(`fairlead: listener ${address.listener} on http://${addressText(address)}`);
  }
}

function sayFailure(error: unknown): number {
  const isExpected = error instanceof ListenError || error instanceof UnresolvedNames;
  console.error('fairlead:', isExpected ? error.message : error);
  return isExpected ? EXIT_UNAVAILABLE : EXIT_INTERNAL;
}

/**
 * Runs a balancer in this process from its start to the end of its drain, with its signals and changes of its config.
 */
import { resolve } from 'node:path';
import type { ProcessFacts } from '../admin/operation.ts';
import type { Config } from '../config/config.ts';
import { enableLinearRegex } from '../config/linear-regex.ts';
import { systemClock } from '../core/clock.ts';
import { Balancer } from '../runtime/balancer.ts';
import { closeOnSignals } from '../runtime/control/signals.ts';
import type { EndSignal } from '../runtime/control/signals.ts';
import { AdminDoor } from './admin-door.ts';
import type { LogFormat } from './commands/shared-options.ts';
import type { ConfigSource } from './config-source.ts';
import { describeShortage } from './descriptor-shortage.ts';
import { EndSignals } from './end-signals.ts';
import { EXIT_INTERNAL, EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE, exitCodeOf } from './exit-codes.ts';
import type { FileWatcher } from './file-watcher.ts';
import { createLog, logEvents } from './log.ts';
import type { Say } from './log.ts';
import { describeReplaced } from './program-on-disk.ts';
import { readVersion } from './read-version.ts';
import type { Reloader, ReloaderOptions } from './reloader.ts';
import type { ServedConfig } from './say-failure.ts';
import { sayStart } from './say-start.ts';

export interface ServeOptions {
  readonly source: ConfigSource;
  /** What the command line changes in a config, each time it is read. */
  readonly adapt: (config: Config) => Config;
  /** Loads the config again when its files change. */
  readonly watch: boolean;
  /** SIGHUP loads the config again. Else it ends the process, as it does when a terminal is closed. */
  readonly reloadOnHangUp: boolean;
  /** Listens for `fairlead status` and the like, where the config wants it. */
  readonly hasDoor: boolean;
  /** Asks authorities for the certificates that the config wants. */
  readonly getsCertificates: boolean;
  /** What is said at the start, besides what is to be said of the config. */
  readonly warnings?: readonly string[];
  readonly logFormat: LogFormat;
  /** Called when it listens, after that has been printed. */
  readonly onServing?: (() => void) | undefined;
}

/** Resolves to the exit code once everything has ended. */
export async function serve(options: ServeOptions): Promise<number> {
  enableLinearRegex();
  const startedAt = performance.now() - process.uptime() * 1000;
  const parsed = await options.source.read();
  if ('errors' in parsed) {
    const { sayConfigErrors } = await import('./say-config-errors.ts');
    sayConfigErrors(parsed.errors);
    return EXIT_USAGE;
  }
  const shortage = describeShortage(options.adapt(parsed.config));
  if (shortage !== null) {
    console.error(`fairlead: ${shortage}`);
    return EXIT_UNAVAILABLE;
  }
  const signals = new EndSignals(process, systemClock);
  const say = createLog(options.logFormat);
  try {
    const config = options.adapt(parsed.config);
    const balancer = new Balancer(config, { getsCertificates: options.getsCertificates });
    logEvents(balancer, say);
    const facts = describeProcess(options, startedAt);
    const door = new AdminDoor({ balancer, process: facts }, say);
    const openDoor = (wanted: Config): void => {
      if (options.hasDoor) door.follow(wanted);
    };
    const watching = options.watch ? await import('./file-watcher.ts') : null;
    const createWatcher = (onChange: () => void): FileWatcher | null =>
      watching === null ? null : new watching.FileWatcher(onChange);
    const { replaced } = facts;
    const upkeep = new Upkeep(balancer, { ...options, openDoor, createWatcher, replaced }, say, parsed.files);
    try {
      const served = { file: options.source.file, places: parsed.places };
      return await runToEnd(balancer, signals, served, () => {
        sayStart(balancer, config, { file: options.source.file, format: options.logFormat, startedAt });
        for (const warning of [...(options.warnings ?? []), ...parsed.warnings]) say(warning, 'warn');
        options.onServing?.();
        openDoor(config);
      });
    } finally {
      upkeep.stop();
      await door.close();
    }
  } finally {
    signals.stop();
  }
}

function describeProcess({ source: { file } }: ServeOptions, startedAt: number): ProcessFacts {
  const config = file === null ? null : resolve(file);
  const version = readVersion();
  const replaced = (): string | null => describeReplaced(version);
  return { version, startedAt: Math.round(performance.timeOrigin + startedAt), config, replaced };
}

async function runToEnd(
  balancer: Balancer,
  signals: EndSignals,
  served: ServedConfig,
  onListening: () => void,
): Promise<number> {
  const { promise: dead, resolve: die } = Promise.withResolvers<'dead'>();
  balancer.once('dead', () => die('dead'));
  const watch = closeOnSignals(balancer, signals);
  try {
    await Promise.race([balancer.listen(), watch.ended]);
    if (signals.count === 0) onListening();
    return codeOf(await Promise.race([watch.ended, dead]), signals);
  } catch (error) {
    const { sayFailure } = await import('./say-failure.ts');
    return await sayFailure(error, served);
  } finally {
    watch.stop();
  }
}

interface UpkeepOptions extends ServeOptions, Pick<ProcessFacts, 'replaced'> {
  readonly openDoor: (config: Config) => void;
  /** Null: nothing is watched. */
  readonly createWatcher: (onChange: () => void) => FileWatcher | null;
}

/** What a running balancer reacts to besides the signals that end it: SIGHUP, SIGUSR1, and changes of its files. */
class Upkeep {
  readonly #say: Say;
  readonly #isFromFile: boolean;
  readonly #options: ReloaderOptions;
  readonly #replaced: ProcessFacts['replaced'];
  /** Most processes end without a reload. */
  #reloader: Promise<Reloader> | null = null;
  /** Null: the config's files are not watched. */
  readonly #watcher: FileWatcher | null;
  readonly #onHangUp = (): void => this.#hangUp();
  readonly #onReopen: () => void;

  constructor(
    balancer: Balancer,
    { source, adapt, reloadOnHangUp, openDoor, createWatcher, replaced }: UpkeepOptions,
    say: Say,
    files: readonly string[],
  ) {
    this.#say = say;
    this.#isFromFile = source.file !== null;
    this.#replaced = replaced;
    this.#watcher = createWatcher(() => this.#reload());
    const onRead = (read: readonly string[]): void => this.#watcher?.watch(read);
    const beforeRead = (): void => this.#watcher?.mark();
    this.#options = { balancer, source, say, adapt, beforeRead, onRead, onApplied: openDoor };
    if (reloadOnHangUp) process.on('SIGHUP', this.#onHangUp);
    // With every config: without a listener the signal would open Node's debugger.
    this.#onReopen = () =>
      say(
        `SIGUSR1: ${balancer.reopenLogs() ? 'the access log is opened again' : 'there is no log file to open again'}`,
      );
    process.on('SIGUSR1', this.#onReopen);
    // Before anything listens: a change while it starts must not be missed. Its reload waits for the start.
    this.#watcher?.watch(files);
  }

  stop(): void {
    process.off('SIGHUP', this.#onHangUp);
    process.off('SIGUSR1', this.#onReopen);
    this.#watcher?.close();
  }

  /** Not where another version lies on disk: what it reads, and how, would not fit this process. */
  #reload(): void {
    const replaced = this.#replaced();
    if (replaced !== null) return this.#refuse(replaced);
    this.#reloader ??= import('./reloader.ts').then(({ Reloader }) => new Reloader(this.#options));
    this.#reloader.then(
      (reloader) => void reloader.reload(),
      (error: unknown) => this.#refuse(String(error)),
    );
  }

  #refuse(why: string): void {
    this.#say(`not reloaded: ${why}; the running config stays`, 'error');
  }

  #hangUp(): void {
    if (this.#isFromFile) this.#reload();
    else this.#say('SIGHUP: there is no config to load again, it came from the command line', 'warn');
  }
}

function codeOf(end: EndSignal | 'dead', signals: EndSignals): number {
  if (end !== 'dead') return signals.count > 1 ? exitCodeOf(end) : EXIT_OK;
  console.error('fairlead: no worker is left: ending, so that a supervisor can start anew');
  return EXIT_INTERNAL;
}

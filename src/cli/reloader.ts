/** Applies a changed config to a running balancer. If it has mistakes, they are shown, and the running config stays. */
import type { Config } from '../config/config.ts';
import type { ConfigError } from '../config/errors.ts';
import type { TlsPlaces } from '../config/tls-places.ts';
import type { Balancer } from '../runtime/balancer.ts';
import { CertificateError } from '../runtime/control/certificate-error.ts';
import { ListenError } from '../runtime/control/listen-error.ts';
import type { sayConfigErrors } from './say-config-errors.ts';
import type { ConfigSource } from './config-source.ts';
import { describeShortage } from './descriptor-shortage.ts';
import type { Say } from './log.ts';
import { placeMistakes } from './place-mistakes.ts';

export interface ReloaderOptions {
  readonly balancer: Pick<Balancer, 'reload'>;
  readonly source: ConfigSource;
  readonly say: Say;
  /** What the command line changes in a config, such as `--threads`. */
  readonly adapt: (config: Config) => Config;
  /** Called when the config is about to be read. */
  readonly beforeRead: () => void;
  /** Called with the files the config was read from, whether it has mistakes or not. */
  readonly onRead: (files: readonly string[]) => void;
  /** Called with a config that has taken effect. */
  readonly onApplied?: (config: Config) => void;
  /** Default: on stderr, with place and caret. */
  readonly showErrors?: typeof sayConfigErrors;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #running: Promise<void> | null = null;
  #isWanted = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /**
   * Reads the config again and applies it. If it is called while a reload runs, one more reload follows, however often
   * it was called. Resolves when no reload is left to do; never rejects.
   */
  reload(): Promise<void> {
    this.#isWanted = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        await this.#reloadOnce();
      }
    } finally {
      this.#running = null;
    }
  }

  async #reloadOnce(): Promise<void> {
    const { balancer, source, say, adapt, beforeRead, onRead, onApplied } = this.#options;
    let places: TlsPlaces = new Map();
    try {
      beforeRead();
      const parsed = await source.read();
      onRead(parsed.files);
      if ('errors' in parsed) {
        await this.#refuse(parsed.errors);
        return;
      }
      ({ places } = parsed);
      const config = adapt(parsed.config);
      const shortage = describeShortage(config);
      if (shortage !== null) {
        say(`not reloaded: ${shortage} The running config stays`, 'error');
        return;
      }
      const { version, summary, durationMs } = await balancer.reload(config);
      const fields = { version, changes: summary, durationMs: Math.ceil(durationMs) };
      say(`reloaded in ${fields.durationMs} ms: ${summary}`, 'info', fields);
      for (const warning of parsed.warnings) say(warning, 'warn');
      onApplied?.(config);
    } catch (error) {
      const { middlewareMistakes } = await import('../config/middleware-error.ts');
      const ofModules = middlewareMistakes(error);
      if (ofModules !== null) await this.#refuse(ofModules);
      else if (error instanceof CertificateError)
        await this.#refuse(placeMistakes(error.mistakes, places, source.file ?? ''));
      else say(`not reloaded: ${await describeError(error)}; the running config stays`, 'error');
    }
  }

  async #refuse(errors: readonly ConfigError[]): Promise<void> {
    const { say, showErrors } = this.#options;
    const show = showErrors ?? (await import('./say-config-errors.ts')).sayConfigErrors;
    show(errors);
    const count = errors.length === 1 ? 'one mistake' : `${errors.length} mistakes`;
    say(`not reloaded: ${count}; the running config stays`, 'error');
  }
}

/** An error with a code is a refusal of the balancer; any other is a bug and is shown with its stack. */
async function describeError(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ListenError) {
    const { explainListenError } = await import('./port-in-use.ts');
    return (await explainListenError(error, true)).replace(/\.$/, '');
  }
  return 'code' in error ? error.message : (error.stack ?? error.message);
}

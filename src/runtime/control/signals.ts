/** SIGTERM and SIGINT drain a balancer; a second signal of either kind ends it at once. */
export type EndSignal = 'SIGTERM' | 'SIGINT';
const SIGNALS: readonly EndSignal[] = ['SIGTERM', 'SIGINT'];

/** `process`, or its stand-in. */
export interface SignalSource {
  on(signal: EndSignal, listener: (signal: EndSignal) => void): unknown;
  off(signal: EndSignal, listener: (signal: EndSignal) => void): unknown;
}

/** What a signal ends. */
export interface Closable {
  close(options?: { readonly force?: boolean }): Promise<void>;
}

export interface SignalWatch {
  /** Resolves to the first signal, once what it asked for has ended. Rejects where that failed. */
  readonly ended: Promise<EndSignal>;
  /** Leaves the signals alone again. */
  stop(): void;
}

/** Watches from now on. Ending the process is the caller's part. */
export function closeOnSignals(target: Closable, source: SignalSource = process): SignalWatch {
  const { promise, resolve, reject } = Promise.withResolvers<EndSignal>();
  let first: EndSignal | null = null;
  const onSignal = (signal: EndSignal): void => {
    const isSecond = first !== null;
    const named = (first ??= signal);
    target.close({ force: isSecond }).then(() => resolve(named), reject);
  };
  for (const signal of SIGNALS) source.on(signal, onSignal);
  const stop = (): void => {
    for (const signal of SIGNALS) source.off(signal, onSignal);
  };
  return { ended: promise, stop };
}

/** Users' own steps as the config has them: plain data, since code is named and not passed. */

/** One middleware of a route. */
export interface MiddlewareSpec {
  /** Path of its module; that of a config that is a file is absolute. */
  readonly module: string;
  /** As the module has it; `''`: nobody has looked yet. */
  readonly name: string;
  /** Tells its code, and that of the modules it imports, from every other; `''` likewise. */
  readonly code: string;
  /** What its module is told; plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where one of its hooks throws: the client gets a 500, or the request goes on as if the hook were not there. */
  readonly onError: 'fail' | 'skip';
  /** What 99 of 100 calls of a hook should take at most. */
  readonly budgetMs: number;
  /** What a hook that answers later may take. */
  readonly maxTimeMs: number;
  /** The most that it may ask for of a body. */
  readonly maxBodyBytes: number;
  /** Where its hooks are counted (`core/shared/hook-figures.ts`); left out until it is compiled. */
  readonly figures?: SharedArrayBuffer;
}

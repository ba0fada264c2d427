/** Messages to and from the process or thread that reads. */
import type { NodeEngine } from '../runtime/control/engine-choice.ts';
import type { ConfigArguments, ReadConfig } from './config-source.ts';
import type { DevOptions } from './dev.ts';
import type { RunOptions } from './run.ts';

export type ReadingOrder =
  /** The arguments of `fairlead run` or `fairlead dev`, and the config that they lead to. Answered by a {@link ServingOrder}. */
  | { readonly type: 'command'; readonly args: readonly string[] }
  /** The config again. Answered by a {@link ReadConfig}. */
  | { readonly type: 'config'; readonly from: ConfigArguments };

/** What is to be served. */
export type ServingOrder = ServedCommand & {
  /** The config's file as it was named; null: the command line. */
  readonly file: string | null;
  readonly parsed: ReadConfig;
  /** What this Node has been found to do. */
  readonly engine: NodeEngine;
};

export type ServedCommand =
  { readonly command: 'run'; readonly options: RunOptions } | { readonly command: 'dev'; readonly options: DevOptions };

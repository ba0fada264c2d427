/** What the commands do, as the command line calls it. */
import type { Command } from 'commander';
import type { BackendOptions } from '../backend/backend.ts';
import type { CheckOptions } from './check.ts';
import type { Shell } from './completion/shells.ts';
import type { ConfigOptions } from './config-command.ts';
import type { DevOptions } from './dev.ts';
import type { InitOptions } from './init-command.ts';
import type { LoadOptions } from './load/load-options.ts';
import type { BanOptions } from './operator/ban-commands.ts';
import type { EndpointAction, EndpointOptions } from './operator/commands.ts';
import type { AdminOptions } from './operator/find-admin.ts';
import type { RunOptions } from './run.ts';

/** What `fairlead backend` is to be. */
export interface BackendCommandOptions extends BackendOptions {
  /** Below HTTP: of the options for answers none counts but the name. */
  readonly tcp?: boolean;
  /** Files with chain and key, in PEM; without a second one both are in the first. */
  readonly cert?: string;
  readonly key?: string;
  /** The same with datagrams. */
  readonly udp?: boolean;
}

export interface Actions {
  run(options: RunOptions): Promise<void>;
  dev(options: DevOptions): Promise<void>;
  check(options: CheckOptions): Promise<void>;
  config(options: ConfigOptions): Promise<void>;
  schema(): Promise<void>;
  init(options: InitOptions): Promise<void>;
  load(options: LoadOptions): Promise<void>;
  backend(options: BackendCommandOptions): Promise<void>;
  status(options: AdminOptions): Promise<void>;
  pools(options: AdminOptions): Promise<void>;
  bans(options: AdminOptions): Promise<void>;
  ban(client: string, options: BanOptions): Promise<void>;
  unban(client: string, options: AdminOptions): Promise<void>;
  endpoint(action: EndpointAction, place: string, options: EndpointOptions): Promise<void>;
  completion(shell: Shell, program: Command): Promise<void>;
}

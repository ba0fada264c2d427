/** `fairlead init`: a first config, from what listens on this machine or from another program's config. */
import { initFromFile } from './init-from-file.ts';
import { initFromPorts } from './init-from-ports.ts';

export interface InitOptions {
  /** A config of nginx or HAProxy, or a proxy table in JSON. Default: what listens on this machine. */
  readonly from?: string;
  /** Where to write; `-` is stdout. Default: `fairlead.yaml`. */
  readonly output?: string;
  /** Write over a file that is there. Default: false. */
  readonly force?: boolean;
  /** The same as the output `-`. */
  readonly stdout?: boolean;
  /** Say what was found and done as JSON. Default: false. */
  readonly json?: boolean;
}

/** False: nothing was written, and why has been said. */
export async function init(options: InitOptions): Promise<boolean> {
  const { from, force = false, json = false } = options;
  const output = options.stdout === true ? '-' : (options.output ?? 'fairlead.yaml');
  if (from === undefined) return initFromPorts({ output, force, json });
  return initFromFile(from, { output, force, json });
}

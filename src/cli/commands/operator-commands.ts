/** The commands that ask or tell a running Fairlead. */
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { Actions } from '../actions.ts';
import type { EndpointAction, EndpointOptions } from '../operator/commands.ts';
import type { AdminOptions } from '../operator/find-admin.ts';
import { endpointPlaceOption, secondsOption } from '../option-parsers.ts';
import { configOption, jsonOption } from './shared-options.ts';

export const WHICH = `
It asks the process that runs the config of this folder, or that of -c, as the same user.`;

const STATUS_HELP = `${WHICH}

Examples:
  fairlead status                                           listeners, pools, what is wrong
  fairlead status --json | jq -e '.problems == []'          for a script

Exit codes: 0 answered, 2 mistakes in the command line, 3 refused, 69 nobody answers.`;

const POOLS_HELP = `${WHICH}

Examples:
  fairlead pools                                            each endpoint: its state, and why
  fairlead pools --json | jq '.pools[].endpoints[].transitions'

Exit codes: 0 answered, 2 mistakes in the command line, 3 refused, 69 nobody answers.`;

const ENDPOINT_HELP = `${WHICH}
A drained endpoint gets no new requests, until it is undrained or the process ends.

Examples:
  fairlead endpoint drain web/10.0.0.3:8080                 what is in flight goes on
  fairlead endpoint drain web/10.0.0.3:8080 --wait 30s      wait for that, at most 30 s
  fairlead endpoint undrain web/10.0.0.3:8080

Exit codes: 0 done, 2 mistakes in the command line, 3 refused, 4 still busy after --wait,
69 nobody answers.`;

export function addStatus(program: Command, actions: Actions): void {
  program
    .command('status')
    .description('print the state of a running Fairlead')
    .addOption(configOption())
    .addOption(adminOption())
    .addOption(jsonOption())
    .addHelpText('after', STATUS_HELP)
    .action((options: AdminOptions) => actions.status(options));
}

export function addPools(program: Command, actions: Actions): void {
  program
    .command('pools')
    .description('print the endpoints of a running Fairlead, and their state')
    .addOption(configOption())
    .addOption(adminOption())
    .addOption(jsonOption())
    .addHelpText('after', POOLS_HELP)
    .action((options: AdminOptions) => actions.pools(options));
}

export function addEndpoint(program: Command, actions: Actions): void {
  program
    .command('endpoint')
    .description('drain an endpoint of a running Fairlead, or take that back')
    .addArgument(new Argument('<action>', 'what to do with it').choices(['drain', 'undrain']))
    .addArgument(new Argument('<endpoint>', 'POOL/HOST:PORT, as the config has it').argParser(endpointPlaceOption))
    .addOption(configOption())
    .addOption(adminOption())
    .option('--wait <time>', 'with drain: wait until nothing is in flight, at most so long', secondsOption)
    .option('--reason <text>', 'why, for whoever looks at it later')
    .addOption(jsonOption())
    .addHelpText('after', ENDPOINT_HELP)
    .action((action: EndpointAction, place: string, options: EndpointOptions, command: Command) => {
      if (action !== 'drain' && options.wait !== undefined) command.error('error: --wait is for drain');
      return actions.endpoint(action, place, options);
    });
}

export function adminOption(): Option {
  return new Option(
    '--admin <address>',
    'its admin socket, unix:/path (default: $FAIRLEAD_ADMIN, else that of the config)',
  );
}

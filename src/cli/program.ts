/** The command line: names, defaults and words of every command and option. What they do is passed in. */
import { Command } from 'commander';
import type { Help, OutputConfiguration } from 'commander';
import { styleText } from 'node:util';
import type { Actions } from './actions.ts';
import { addCheck, addConfig, addInit, addSchema } from './commands/config-commands.ts';
import { addBans } from './commands/ban-commands.ts';
import { addEndpoint, addPools, addStatus } from './commands/operator-commands.ts';
import { addDev, addRun } from './commands/serving-commands.ts';
import { addBackend, addCompletion, addLoad } from './commands/trial-commands.ts';
import { readVersion } from './read-version.ts';

const EPILOGUE = `
Examples:
  fairlead init                                             write a config for what runs here
  fairlead run --to localhost:3001 --to localhost:3002      balance without a config
  fairlead check                                            every mistake, or what would run

Exit codes: 0 ended as asked, 1 load: every request failed, 2 mistakes in the command line or the
config, 3 refused by a running Fairlead, 4 not done in time, 69 an address, a name or a needed
program is not available, 70 internal error, 78 Node too old, 128 + n cut by a second signal n.
Each command's --help says which of them it has.`;

/** Throws commander's own error, already printed to `output`, for what it cannot parse. */
export function createProgram(actions: Actions, output: OutputConfiguration = {}): Command {
  const program = new Command('fairlead')
    .description('A load balancer and reverse proxy.')
    .version(readVersion(), '-v, --version')
    .configureHelp({ styleTitle: bold })
    .configureOutput(output)
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .showHelpAfterError('(fairlead --help lists commands and options)');
  program.commandsGroup('Balance:');
  addRun(program, actions);
  addDev(program, actions);
  program.commandsGroup('Config:');
  addInit(program, actions);
  addCheck(program, actions);
  addConfig(program, actions);
  addSchema(program, actions);
  program.commandsGroup('Operate:');
  addStatus(program, actions);
  addPools(program, actions);
  addEndpoint(program, actions);
  addBans(program, actions);
  program.commandsGroup('Try out:');
  addBackend(program, actions);
  addLoad(program, actions);
  program.commandsGroup('Help:');
  addCompletion(program, actions);
  for (const command of program.commands) {
    command.showHelpAfterError(`(fairlead ${command.name()} --help shows its options and examples)`);
  }
  program.helpCommand('help [command]', 'show the help of a command');
  return program;
}

/** Commander takes the colour off again where the stream shows none, and keeps NO_COLOR and FORCE_COLOR. */
const bold: Help['styleTitle'] = (title) => styleText('bold', title, { validateStream: false });

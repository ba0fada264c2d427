/** The commands that keep clients out of a running Fairlead. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { Actions } from '../actions.ts';
import type { BanOptions } from '../operator/ban-commands.ts';
import type { AdminOptions } from '../operator/find-admin.ts';
import { secondsOption } from '../option-parsers.ts';
import { WHICH, adminOption } from './operator-commands.ts';
import { configOption, jsonOption } from './shared-options.ts';

const CODES = `
Exit codes: 0 done, 2 mistakes in the command line, 3 refused, 69 nobody answers.`;

const BANS_HELP = `${WHICH}

Examples:
  fairlead bans                                             who is kept out, until when, and why
  fairlead bans --json | jq -r '.bans[].client'
${CODES}`;

const BAN_HELP = `${WHICH}
The client gets 403 on every route, on connections that are open as well. Needs banTable in the config.

Examples:
  fairlead ban 192.0.2.7                                    for an hour
  fairlead ban 2001:db8::7 --for 1d --reason scanner        its network of 64 bits
${CODES}`;

const UNBAN_HELP = `${WHICH}

Examples:
  fairlead unban 192.0.2.7
${CODES}`;

export function addBans(program: Command, actions: Actions): void {
  program
    .command('bans')
    .description('print the clients that a running Fairlead keeps out')
    .addOption(configOption())
    .addOption(adminOption())
    .addOption(jsonOption())
    .addHelpText('after', BANS_HELP)
    .action((options: AdminOptions) => actions.bans(options));
  program
    .command('ban')
    .description('keep a client out of a running Fairlead for a time')
    .addArgument(new Argument('<client>', 'its address'))
    .addOption(configOption())
    .addOption(adminOption())
    .option('--for <time>', 'for how long (default: 1h)', secondsOption)
    .option('--reason <text>', 'why, for whoever looks at it later')
    .addOption(jsonOption())
    .addHelpText('after', BAN_HELP)
    .action((client: string, options: BanOptions) => actions.ban(client, options));
  program
    .command('unban')
    .description('let a client in again')
    .addArgument(new Argument('<client>', 'its address'))
    .addOption(configOption())
    .addOption(adminOption())
    .addOption(jsonOption())
    .addHelpText('after', UNBAN_HELP)
    .action((client: string, options: AdminOptions) => actions.unban(client, options));
}

/** What a shell has to know of the command line, taken from the program itself, so that nothing can be forgotten. */
import type { Argument, Command, Option } from 'commander';

/** What may follow an option, or be an argument. */
export type ValueShape =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' }
  /** Anything: nothing can be offered. */
  | { readonly kind: 'text' };

export interface OptionShape {
  /** `-c`; null where there is none. */
  readonly short: string | null;
  /** `--config`. */
  readonly long: string;
  readonly words: string;
  /** Null for a switch. */
  readonly value: ValueShape | null;
  /** The placeholder of the value, e.g. `file`. */
  readonly valueName: string;
  /** May be given several times. */
  readonly isRepeated: boolean;
}

export interface CommandShape {
  readonly name: string;
  readonly words: string;
  readonly options: readonly OptionShape[];
  readonly arguments: readonly ValueShape[];
}

export interface ProgramShape {
  readonly name: string;
  readonly options: readonly OptionShape[];
  readonly commands: readonly CommandShape[];
}

export function describeProgram(program: Command): ProgramShape {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name()).filter((name) => name !== 'help');
  return {
    name: program.name(),
    options: describeOptions(program),
    commands: commands.map((command) => describeCommand(command, names)),
  };
}

/** `names`: of all commands, which are what `help` takes. */
function describeCommand(command: Command, names: readonly string[]): CommandShape {
  const isHelp = command.name() === 'help';
  return {
    name: command.name(),
    words: command.description(),
    options: isHelp ? [] : describeOptions(command),
    arguments: isHelp ? [{ kind: 'choices', choices: names }] : command.registeredArguments.map(describeArgument),
  };
}

function describeOptions(command: Command): OptionShape[] {
  return command.createHelp().visibleOptions(command).map(describeOption);
}

function describeOption(option: Option): OptionShape {
  const [, valueName = ''] = /[<[]([\w-]+)/.exec(option.flags) ?? [];
  const takesValue = option.required || option.optional;
  return {
    short: option.short ?? null,
    long: option.long ?? '',
    words: option.description,
    value: takesValue ? describeValue(valueName, option.argChoices) : null,
    valueName,
    isRepeated: option.variadic,
  };
}

function describeArgument(argument: Argument): ValueShape {
  return describeValue(argument.name(), argument.argChoices);
}

/** A placeholder `<file>` says that files are offered. */
function describeValue(name: string, choices: readonly string[] | undefined): ValueShape {
  if (choices !== undefined) return { kind: 'choices', choices };
  return { kind: name === 'file' ? 'file' : 'text' };
}

import type { CommandShape, OptionShape, ProgramShape, ValueShape } from './command-shapes.ts';
import { quote } from './quote.ts';

/** To be put in a folder of `fpath`, or sourced after `compinit`. */
export function zshScript(program: ProgramShape): string {
  const name = `_${program.name}`;
  const specs = [...program.options.map(optionSpec), "'1:command:->command'", "'*::argument:->argument'"];
  return `#compdef ${program.name}
# made by "${program.name} completion zsh"
${name}() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -C ${specs.join(' \\\n    ')} && return
  case $state in
    command)
      local -a commands=(
${program.commands.map(({ name: command, words }) => `        ${quote(`${command}:${words.replaceAll(':', '\\:')}`)}`).join('\n')}
      )
      _describe command commands
      ;;
    argument)
      case $line[1] in
${program.commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program.name}
fi`;
}

function commandCase(command: CommandShape): string {
  const values = command.arguments.map((value, index) => quote(`${index + 1}:argument:${valueSpec(value)}`));
  const specs = [...command.options.map(optionSpec), ...values];
  return `        ${command.name}) _arguments ${specs.join(' \\\n          ')} ;;`;
}

/** `'(-c --config)'{-c,--config}'[words]:file:_files'`; an option that may be repeated does not exclude itself. */
function optionSpec({ short, long, words, value, valueName, isRepeated }: OptionShape): string {
  const both = `${isRepeated ? "'*'" : `'(${short ?? ''} ${long})'`}{${short ?? ''},${long}}`;
  const flags = short === null ? quote(isRepeated ? `*${long}` : long) : both;
  const rest = `[${words.replace(/[[\]:\\]/g, '\\$&')}]${value === null ? '' : `:${valueName}:${valueSpec(value)}`}`;
  return flags + quote(rest);
}

function valueSpec(value: ValueShape): string {
  if (value.kind === 'choices') return `(${value.choices.join(' ')})`;
  return value.kind === 'file' ? '_files' : ' ';
}

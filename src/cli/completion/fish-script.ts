import type { CommandShape, OptionShape, ProgramShape, ValueShape } from './command-shapes.ts';
import { quote } from './quote.ts';

export function fishScript(program: ProgramShape): string {
  const complete = `complete -c ${program.name}`;
  const lines = [
    `# fish completion for ${program.name}; made by "${program.name} completion fish"`,
    `${complete} -f`,
    ...program.options.map((option) => `${complete} -n __fish_use_subcommand ${optionWords(option)}`),
    ...program.commands.map(({ name, words }) => {
      return `${complete} -n __fish_use_subcommand -a ${name} -d ${quote(words)}`;
    }),
    ...program.commands.flatMap((command) => commandLines(complete, command)),
  ];
  return lines.join('\n');
}

function commandLines(complete: string, command: CommandShape): string[] {
  const when = `${complete} -n ${quote(`__fish_seen_subcommand_from ${command.name}`)}`;
  const values = command.arguments.filter(({ kind }) => kind !== 'text').map(valueWords);
  return [...values, ...command.options.map(optionWords)].map((words) => `${when} ${words}`);
}

function optionWords({ short, long, words, value }: OptionShape): string {
  const flags = `${short === null ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  return `${flags} -d ${quote(words)}${value === null ? '' : ` -r ${valueWords(value)}`}`;
}

/** Files only where they are meant: everywhere else they were switched off. */
function valueWords(value: ValueShape): string {
  if (value.kind === 'choices') return `-f -a ${quote(value.choices.join(' '))}`;
  return value.kind === 'file' ? '-F' : '-f';
}

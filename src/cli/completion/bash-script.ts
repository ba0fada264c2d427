import type { CommandShape, OptionShape, ProgramShape, ValueShape } from './command-shapes.ts';
import { quote } from './quote.ts';

/** Needs nothing of bash-completion, and works from bash 3.2 on, which macOS has. */
export function bashScript(program: ProgramShape): string {
  const name = `_${program.name}`;
  return `# bash completion for ${program.name}; made by "${program.name} completion bash"
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= i
  COMPREPLY=()
  # --option=value comes as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then
      command=\${COMP_WORDS[i]}
      break
    fi
  done
  case "$command $before" in
${program.commands.flatMap((command) => command.options.flatMap((option) => valueCase(command, option))).join('\n')}
  esac
  case $command in
    '') ${offer([...program.commands.map((command) => command.name), ...flagsOf(program.options)])} ;;
${program.commands.map((command) => `    ${command.name}) ${offerCommand(command)} ;;`).join('\n')}
  esac
}
complete -F ${name} ${program.name}`;
}

function valueCase(command: CommandShape, { short, long, value }: OptionShape): string[] {
  if (value === null) return [];
  const patterns = [short, long].filter((flag) => flag !== null).map((flag) => quote(`${command.name} ${flag}`));
  return [`    ${patterns.join(' | ')}) ${offerValue(value)}return ;;`];
}

function offerValue(value: ValueShape): string {
  if (value.kind === 'choices') return `${offer(value.choices)}; `;
  return value.kind === 'file' ? `${OFFER_FILES}; ` : '';
}

/** One name a line, so that blanks in names stay. */
const OFFER_FILES = 'compopt -o filenames 2>/dev/null; local IFS=$\'\\n\'; COMPREPLY=($(compgen -f -- "$current"))';

function offerCommand(command: CommandShape): string {
  const [first] = command.arguments;
  return offer([...(first?.kind === 'choices' ? first.choices : []), ...flagsOf(command.options)]);
}

function offer(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$current"))`;
}

function flagsOf(options: readonly OptionShape[]): string[] {
  return options.map(({ long }) => long);
}

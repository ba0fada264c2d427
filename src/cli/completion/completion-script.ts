/** `fairlead completion`: the script for a shell. It contains everything it needs: no key press starts Node. */
import type { Command } from 'commander';
import { EXIT_OK } from '../exit-codes.ts';
import { bashScript } from './bash-script.ts';
import { describeProgram } from './command-shapes.ts';
import type { ProgramShape } from './command-shapes.ts';
import { fishScript } from './fish-script.ts';
import type { Shell } from './shells.ts';
import { zshScript } from './zsh-script.ts';

const SCRIPTS: Readonly<Record<Shell, (program: ProgramShape) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function printCompletion(shell: Shell, program: Command): number {
  console.log(completionScript(shell, program));
  return EXIT_OK;
}

export function completionScript(shell: Shell, program: Command): string {
  return SCRIPTS[shell](describeProgram(program));
}

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createProgram } from '../program.ts';
import type { Actions } from '../actions.ts';
import { describeProgram } from './command-shapes.ts';
import { completionScript } from './completion-script.ts';
import { quote } from './quote.ts';
import { SHELLS } from './shells.ts';
import type { Shell } from './shells.ts';

const execute = promisify(execFile);
const program = createProgram({} as Actions);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-completion-'));
  for (const shell of SHELLS) await writeFile(join(folder, shell), completionScript(shell, program));
  await writeFile(join(folder, 'my config.yaml'), '');
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What bash offers when Tab is pressed after these words, as it splits them. */
async function completeInBash(...words: readonly string[]): Promise<string[]> {
  const script = `cd ${quote(folder)}; . ./bash; COMP_WORDS=(${words.map(quote).join(' ')})
COMP_CWORD=${words.length - 1}; _fairlead; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execute('bash', ['--norc', '-c', script]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('the completion of bash', () => {
  test('the completion of bash offers the commands that begin with what is typed', async () => {
    const all = await completeInBash('fairlead', '');
    for (const command of program.commands) assert.ok(all.includes(command.name()), command.name());
    assert.deepEqual(await completeInBash('fairlead', 'che'), ['check']);
  });

  test('the completion of bash offers the options of the command', async () => {
    assert.deepEqual(await completeInBash('fairlead', 'run', '--l'), ['--log-format', '--listen']);
    assert.deepEqual(await completeInBash('fairlead', 'load', 'http', ':', '//x', '--requ'), ['--requests']);
    assert.deepEqual(await completeInBash('fairlead', 'schema', '--l'), []);
  });

  test('the completion of bash offers the choices of an option, after a blank and after =', async () => {
    assert.deepEqual(await completeInBash('fairlead', 'run', '--log-format', ''), ['text', 'json']);
    assert.deepEqual(await completeInBash('fairlead', 'run', '--log-format', '='), ['text', 'json']);
    assert.deepEqual(await completeInBash('fairlead', 'run', '--log-format', '=', 'j'), ['json']);
    assert.deepEqual(await completeInBash('fairlead', 'run', '--threads', ''), []);
  });

  test('the completion of bash offers the choices of an argument', async () => {
    assert.deepEqual(await completeInBash('fairlead', 'completion', 'f'), ['fish']);
    assert.deepEqual(await completeInBash('fairlead', 'help', 'sch'), ['schema']);
  });

  test('the completion of bash offers files where a file is meant, names with blanks whole', async () => {
    assert.deepEqual(await completeInBash('fairlead', 'run', '-c', 'my'), ['my config.yaml']);
    assert.deepEqual(await completeInBash('fairlead', 'check', '--config', '=', 'my'), ['my config.yaml']);
  });
});

/** Whether the shell is on this machine. */
async function isThere(shell: Shell): Promise<boolean> {
  return execute(shell, ['--version']).then(
    () => true,
    () => false,
  );
}

for (const shell of SHELLS) {
  test(`the script for ${shell} is one that it can read`, async (context) => {
    if (!(await isThere(shell))) return context.skip(`no ${shell} here`);
    await execute(shell, ['-n', join(folder, shell)]);
  });

  test(`the script for ${shell} knows every command and option, and the words of each choice`, () => {
    const script = completionScript(shell, program);
    const { options, commands } = describeProgram(program);
    for (const { long, value } of [options, ...commands.map((command) => command.options)].flat()) {
      assert.ok(script.includes(shell === 'fish' ? `-l ${long.slice(2)} ` : long), long);
      if (value?.kind === 'choices') assert.ok(script.includes(value.choices.join(' ')), long);
    }
    for (const { name } of commands) assert.match(script, new RegExp(`\\b${name}\\b`));
  });
}

test('fish offers commands, options of the command and choices, with what they mean', async (context) => {
  if (!(await isThere('fish'))) return context.skip('no fish here');
  const complete = async (line: string): Promise<string> => {
    const script = `source ${quote(join(folder, 'fish'))}; complete -C ${quote(line)}`;
    return (await execute('fish', ['--no-config', '-c', script])).stdout;
  };
  assert.match(await complete('fairlead ru'), /^run\t\w.*\n$/);
  assert.match(await complete('fairlead run --th'), /^--threads\t\w.*\n$/);
  assert.equal(await complete('fairlead completion z'), 'zsh\n');
});

test('fish offers files only where a file is meant', () => {
  const lines = completionScript('fish', program).split('\n');
  assert.equal(lines[1], 'complete -c fairlead -f');
  for (const line of lines.filter((each) => each.endsWith(' -F')))
    assert.match(line, / -l (?:config|from|output|cert|key) /);
  assert.ok(lines.some((line) => line.includes("from run' -s c -l config ") && line.endsWith(' -r -F')));
});

test('zsh is told to offer an option again only where it may be repeated', () => {
  const script = completionScript('zsh', program);
  assert.match(script, /'\*--to'/);
  assert.match(script, /'\(-c --config\)'\{-c,--config\}/);
});

test('a text is quoted so that the shell gives it back', async () => {
  for (const text of ["config's", 'a"b', '$HOME `x` \\n', "''"]) {
    const { stdout } = await execute('bash', ['-c', `printf %s ${quote(text)}`]);
    assert.equal(stdout, text);
  }
});

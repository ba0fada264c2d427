/** docs/command-line.md is the list of every command, every option and every exit code. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeProgram } from '../../src/cli/completion/command-shapes.ts';
import type { OptionShape } from '../../src/cli/completion/command-shapes.ts';
import * as exitCodes from '../../src/cli/exit-codes.ts';
import { CONFIG_NAMES } from '../../src/config/find-config.ts';
import { createProgram } from '../../src/cli/program.ts';
import type { Actions } from '../../src/cli/actions.ts';
import { codesIn, findTableRows, readPage } from './pages.ts';

const ROWS = findTableRows(readPage('docs/command-line.md'));
const COMMANDS = describeProgram(createProgram({} as Actions)).commands.filter(({ name }) => name !== 'help');

describe('docs/command-line.md', () => {
  it('docs/command-line.md has every command in its list, and no other', () => {
    const listed = ROWS.filter(({ columns }) => columns[0] === 'command').map(({ cells }) => codesIn(cells[0])[0]);
    assert.deepEqual(listed.sort(), COMMANDS.map(({ name }) => name).sort());
  });

  for (const { name, options } of COMMANDS) {
    it(`docs/command-line.md has every option of ${name} with its short form, and no other`, () => {
      const rows = ROWS.filter(({ heading, columns }) => heading === `\`${name}\`` && columns[0] === 'option');
      const documented = rows.map(({ cells }) => codesIn(cells[0])[0].replace(/ [A-Z…]+$/, ''));
      assert.deepEqual(documented.sort(), options.filter(isOwn).map(formatOption).sort());
    });
  }

  it('docs/command-line.md has the names under which a config is found, in their order', () => {
    const { lines } = readPage('docs/command-line.md');
    const section = lines.slice(lines.indexOf('## Which config')).join(' ').split('## `run`')[0];
    assert.deepEqual(
      codesIn(section).filter((code) => code.startsWith('fairlead.')),
      CONFIG_NAMES,
    );
  });

  it('docs/command-line.md has every exit code', () => {
    const documented = ROWS.filter(({ columns }) => columns[0] === 'code').map(({ cells }) => cells[0]);
    const numbers = Object.values(exitCodes).filter((value) => typeof value === 'number');
    assert.deepEqual(documented, [...numbers.sort((a, b) => a - b).map(String), '78', '128 + n']);
  });
});

/** Every command has --help. */
function isOwn({ long }: OptionShape): boolean {
  return long !== '--help';
}

function formatOption({ short, long }: OptionShape): string {
  return short === null ? long : `${short}, ${long}`;
}

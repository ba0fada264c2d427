/** docs/errors.md is the list of every code that `Fairlead-Error` can hold. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAULTS } from '../../src/core/errors.ts';
import { codesIn, findTableRows, readPage } from './pages.ts';

const CODES = new Map(Object.values(FAULTS).map(({ code, status }) => [code, status]));
const ROWS = findTableRows(readPage('docs/errors.md')).filter(({ columns }) => columns[0] === 'code');
const DOCUMENTED = new Map(ROWS.map(({ cells }) => [codesIn(cells[0])[0], Number(cells[1])]));

describe('docs/errors.md', () => {
  it('docs/errors.md has every code of the catalogue once, and no other', () => {
    assert.deepEqual(ROWS.map(({ cells }) => codesIn(cells[0])[0]).sort(), [...CODES.keys()].sort());
  });

  for (const [code, status] of CODES) {
    it(`docs/errors.md says that ${code} is a ${status}`, () => assert.equal(DOCUMENTED.get(code), status));
  }
});

describe('the list of what is refused in docs/http.md', () => {
  const rows = findTableRows(readPage('docs/http.md')).filter(({ columns }) => columns.includes('code'));
  for (const { cells, place } of rows) {
    it(`the list of what is refused in docs/http.md gives a code and its status at ${place}`, () => {
      const [, status, code] = cells;
      assert.equal(CODES.get(codesIn(code)[0]), Number(status));
    });
  }
});

describe('docs/troubleshooting.md', () => {
  it('docs/troubleshooting.md has every code of the catalogue once, under the statuses of its heading', () => {
    const rows = findTableRows(readPage('docs/troubleshooting.md')).filter(({ columns }) => columns[0] === 'code');
    assert.deepEqual(rows.map(({ cells }) => codesIn(cells[0])[0]).sort(), [...CODES.keys()].sort());
    for (const { heading, cells } of rows) {
      const status = String(CODES.get(codesIn(cells[0])[0]));
      const [statuses] = heading.split(':');
      assert.ok(
        statuses.replaceAll('4xx', '400 405 408 413 414 417 421 431').includes(status),
        `${cells[0]}: ${status}`,
      );
    }
  });
});

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FEATURES, lacking } from './features.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const SOURCES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'features.ts')
  .map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

describe('what init cannot take over', () => {
  it('what init cannot take over is said in one table, and by no converter in words of its own', () => {
    const isOwn = /['"`][^'"`\n]*\b(?:not built|not \w+ yet|not converted|built yet)\b/;
    assert.deepEqual(
      SOURCES.filter(({ text }) => isOwn.test(text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, ''))).map(({ name }) => name),
      [],
    );
  });

  it('every line of the table of what init cannot take over is used by a converter', () => {
    const isUsed = (name: string): boolean => SOURCES.some(({ text }) => text.includes(`lacking('${name}'`));
    assert.deepEqual(
      Object.keys(FEATURES).filter((name) => !isUsed(name)),
      [],
    );
  });

  it('what init cannot take over is said with what to do meanwhile, and what becomes of the requests', () => {
    assert.equal(lacking('compression'), 'not built yet: compression');
    assert.equal(
      lacking('http2', 'left out'),
      'not built yet: HTTP/2 and 3; clients of TLS speak HTTP/1.1 then; left out',
    );
    assert.equal(lacking('files'), 'not what Fairlead does: files');
  });

  it('the table of what init cannot take over names a page for a part that Fairlead has', () => {
    assert.equal(lacking('tls', 'left out'), 'not converted: TLS; see docs/tls.md; left out');
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { requireNode } from './node-version.ts';

test('a Node outside of the range of package.json is refused by name, with the cure', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string };
  };
  for (const version of ['18.20.0', '20.20.2', '22.0.0', '24.19.9', '25.9.0', '26.5.1']) {
    assert.throws(
      () => requireNode(version),
      (error: Error) =>
        error.message.includes(`fairlead needs Node ${engines.node}; this is ${version}`) &&
        error.message.includes('npm install node@26'),
    );
  }
  for (const version of ['24.20.0', '24.21.3', '26.6.0', '26.10.0', '27.0.0', '30.1.0']) requireNode(version);
});

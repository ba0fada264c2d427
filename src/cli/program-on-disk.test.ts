import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeReplaced } from './program-on-disk.ts';
import { readVersion } from './read-version.ts';

it('a program that another version has replaced on disk, or that is gone, is named with the cure', () => {
  assert.equal(describeReplaced(readVersion()), null);
  assert.equal(
    describeReplaced('1.0.0', () => '1.1.0'),
    'the program on disk is 1.1.0, and this process runs 1.0.0: restart it',
  );
  assert.equal(
    describeReplaced('1.0.0', () => {
      throw new Error('ENOENT');
    }),
    'the program is gone from the disk, and this process runs 1.0.0: restart it',
  );
});

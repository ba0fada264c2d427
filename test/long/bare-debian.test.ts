/** A clone of this project on a Debian that has nothing but what every Debian has: no libatomic, which Node 26 needs. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BareDebian, findObstacle } from '../support/bare-debian.ts';

const obstacle = findObstacle();
const NOBODY = { uid: 65_534 };
const FAULT = /libatomic\.so\.1: cannot open shared object file/;
const CURE = /Debian, Ubuntu: apt-get install libatomic1\./;

describe('a clone on a minimal Debian', { skip: obstacle ?? false }, () => {
  let debian: BareDebian;
  before(async () => {
    debian = await BareDebian.create();
  });
  after(() => debian?.[Symbol.asyncDispose]());

  test('a clone on a minimal Debian names the package that its Node lacks to who may not install it, each time', async () => {
    for (const attempt of ['with npm ci', 'without']) {
      const { code, stdout, stderr } = await debian.run('npm start', NOBODY);
      assert.equal(code, 78, `${attempt}: ${stdout}${stderr}`);
      assert.equal(stdout.includes('npm ci'), attempt === 'with npm ci');
      assert.match(stderr, FAULT);
      assert.match(stderr, CURE);
    }
  });

  test('a clone on a minimal Debian names it where the command is called', async () => {
    const { code, stderr } = await debian.run('node bin/fairlead.js check', NOBODY);
    assert.equal(code, 78, stderr);
    assert.match(stderr, CURE);
  });

  test('a clone on a minimal Debian installs it where it is root, and the demo runs', async () => {
    const { stdout, stderr } = await debian.run('timeout --signal=INT 60 npm start | head -n 60');
    assert.match(stdout, /Installing libatomic1: this system lacks libatomic\.so\.1/, stderr);
    assert.match(stdout, /^ +\d+ s +[1-9]\d* req\/s +\d+ 5xx +\d+ retried │ app: s1/m, stderr);
    const again = await debian.run('timeout --signal=INT 60 npm start | head -n 60');
    assert.doesNotMatch(again.stdout, /Installing/);
  });

  test('a clone on a minimal Debian runs tests after that', async () => {
    const { code, stdout, stderr } = await debian.run('npm test -- --test-shard=1/60');
    assert.equal(code, 0, `${stdout.slice(-4000)}${stderr}`);
    assert.match(stdout, /Node 26: ([1-9]\d*) of \1 tests pass/);
  });
});

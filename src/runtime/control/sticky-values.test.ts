import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { StickySpec } from '../../core/snapshot.ts';
import { STICKY } from '../../../test/support/sticky-spec.ts';
import { STICKY_VALUE_LENGTH } from '../../core/balancer/sticky-table.ts';
import { StickyValues } from './sticky-values.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-sticky-'));
after(() => rmSync(folder, { recursive: true }));

function spec(secretFile: string): StickySpec {
  return { ...STICKY, secretFile };
}

function write(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const pool = (sticky: StickySpec): { readonly id: string; readonly sticky: StickySpec } => ({ id: 'web', sticky });

describe('values of sticky cookies', () => {
  it('values of sticky cookies are an HMAC-SHA256 of the endpoint, the same in each process with the same secret', async () => {
    const sticky = spec(write('a.key', 'a secret of sixteen bytes\n'));
    const values = new StickyValues();
    await values.load([pool(sticky)]);
    const expected = createHmac('sha256', 'a secret of sixteen bytes')
      .update('fairlead sticky endpoint\0localhost:8081')
      .digest('base64url');
    assert.equal(values.of(sticky, 'localhost:8081'), expected);
    assert.equal(expected.length, STICKY_VALUE_LENGTH);
    assert.notEqual(values.of(sticky, 'localhost:8082'), expected);
  });

  it('values of sticky cookies change with the secret in the file, and not when it is read again', async () => {
    const sticky = spec(write('b.key', 'x'.repeat(16)));
    const values = new StickyValues();
    await values.load([pool(sticky)]);
    const before = values.of(sticky, 'a:80');
    await values.load([pool(sticky)]);
    assert.equal(values.of(sticky, 'a:80'), before);
    write('b.key', 'y'.repeat(16));
    await values.load([pool(sticky)]);
    assert.notEqual(values.of(sticky, 'a:80'), before);
  });

  it('values of sticky cookies without a file stay the same for the life of a process, and no longer', async () => {
    const values = new StickyValues();
    await values.load([pool(spec(''))]);
    const before = values.of(spec(''), 'a:80');
    await values.load([]);
    await values.load([pool(spec(''))]);
    assert.equal(values.of(spec(''), 'a:80'), before);
    const another = new StickyValues();
    await another.load([pool(spec(''))]);
    assert.notEqual(another.of(spec(''), 'a:80'), before);
  });

  it('values of sticky cookies need a secret of 16 bytes that can be read; else those from before stay', async () => {
    const good = spec(write('c.key', 'z'.repeat(16)));
    const values = new StickyValues();
    await values.load([pool(good)]);
    const before = values.of(good, 'a:80');
    const load = (file: string): Promise<void> => values.load([pool(spec(file))]);
    await assert.rejects(load(write('d.key', 'short\n')), /^StickySecretError: pool web: .* is shorter than 16 bytes/);
    await assert.rejects(load(join(folder, 'none')), { code: 'FL_STICKY_SECRET', message: /none, is not there$/ });
    await assert.rejects(load(folder), /cannot be read: it is a folder, and no file$/);
    assert.equal(values.of(good, 'a:80'), before);
  });
});

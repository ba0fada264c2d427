import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { StickySpec } from '../snapshot.ts';
import { STICKY } from '../../../test/support/sticky-spec.ts';
import { STICKY_VALUE_LENGTH, StickyTable } from './sticky-table.ts';

const VALUES = ['A', 'B'].map((letter) => letter.repeat(STICKY_VALUE_LENGTH));
const table = (spec: Partial<StickySpec> = {}): StickyTable => new StickyTable({ ...STICKY, ...spec }, VALUES);
const cookieLine = (...values: readonly string[]): string =>
  `Cookie: x=1; ${values.map((value) => `fairlead=${value}`).join('; ')}\r\n`;
const NOON = Date.UTC(2026, 10, 28, 12);
const atNoon = (NOON / 1000).toString(36);

describe('a table of sticky cookies', () => {
  it('a table of sticky cookies finds an endpoint by a value that was made for it, with or without its time', () => {
    assert.deepEqual(table().read(cookieLine(VALUES[1])), { isSent: true, value: VALUES[1], issuedAt: 0 });
    const timed = table().read(cookieLine(`${VALUES[0]}.${atNoon}`));
    assert.deepEqual(timed, { isSent: true, value: VALUES[0], issuedAt: NOON / 1000 });
    assert.deepEqual(
      VALUES.map((value) => table().find(value)),
      [0, 1],
    );
    assert.deepEqual(table().read('Cookie: x=1; fairlead2=1\r\n'), { isSent: false, value: '', issuedAt: 0 });
  });

  it('a table of sticky cookies takes the first of several cookies of the name that names an endpoint', () => {
    assert.equal(table().read(cookieLine('old', VALUES[1].toLowerCase(), VALUES[1], VALUES[0])).value, VALUES[1]);
  });

  it('a table of sticky cookies takes nothing but its values for one, whatever a stranger writes', () => {
    const character = fc.constantFrom('A', 'B', 'a', '.', '=', '"', ' ', '-', '_', '0', '\x7f', 'ÿ');
    const like = fc.tuple(fc.constantFrom(...VALUES), fc.nat(STICKY_VALUE_LENGTH), fc.string({ unit: character }));
    const forged = fc.oneof(
      fc.string({ unit: character, maxLength: 60 }),
      like.map(([value, at, text]) => value.slice(0, at) + text + value.slice(at + 1)),
    );
    fc.assert(
      fc.property(forged, (value) => {
        // A blank behind the sign belongs to the value.
        const written = value.replace(/[\t ]+$/, '');
        const known = VALUES.find((each) => written === each || written.startsWith(`${each}.`)) ?? '';
        const read = table().read(cookieLine(value));
        assert.deepEqual([read.isSent, read.value], [true, known]);
        assert.ok(Number.isSafeInteger(read.issuedAt) && read.issuedAt >= 0);
      }),
      { numRuns: 3000 },
    );
  });

  it('a table of sticky cookies issues one anew when a tenth of its time has passed, and never without a time', () => {
    const day = table({ ttlMs: 86_400_000 });
    const read = day.read(cookieLine(`${VALUES[0]}.${atNoon}`));
    const hours = (count: number): number => NOON + count * 3_600_000;
    assert.deepEqual(
      [0, 2.3, 2.5, 30, -1].map((count) => day.isDue(read, hours(count))),
      [false, false, true, true, true],
    );
    assert.ok(day.isDue(day.read(cookieLine(VALUES[0])), NOON));
    assert.ok(!table().isDue(read, hours(30)));
  });

  it('a table of sticky cookies writes what the config says of them', () => {
    assert.equal(
      table().line(VALUES[0], false, NOON),
      `Set-Cookie: fairlead=${VALUES[0]}; Path=/; HttpOnly; SameSite=Lax\r\n`,
    );
    const spec = { cookie: 'c', ttlMs: 60_000, path: '/a', domain: 'example.com', sameSite: 'strict' } as const;
    assert.equal(
      table(spec).line(VALUES[1], true, NOON),
      `Set-Cookie: c=${VALUES[1]}.${atNoon}; Path=/a; Domain=example.com; Max-Age=60; HttpOnly; Secure; SameSite=Strict\r\n`,
    );
    const isSecure = (written: Partial<StickySpec>, byHttps: boolean): boolean =>
      table(written).line(VALUES[0], byHttps, NOON).includes('; Secure;');
    assert.ok(isSecure({ secure: 'on' }, false) && isSecure({ sameSite: 'none' }, false));
    assert.ok(!isSecure({ secure: 'off' }, true));
  });
});

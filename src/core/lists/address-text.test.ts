import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from './address.ts';
import { addressText } from './address-text.ts';

function rewritten(text: string): string {
  const words = new Int32Array(4);
  const family = parseAddress(text, words);
  assert.notEqual(family, 0, text);
  return addressText(words, family as 4 | 6);
}

test('an address has one text, however it was written', () => {
  const cases = {
    '0.0.0.0': '0.0.0.0',
    '255.255.255.255': '255.255.255.255',
    '192.0.2.10': '192.0.2.10',
    '::ffff:192.0.2.10': '192.0.2.10',
    '::': '::',
    '::1': '::1',
    '1::': '1::',
    '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
    '2001:0db8:0000:0000:0001:0000:0000:0001': '2001:db8::1:0:0:1',
    '2001:db8:0:0:1:0:0:0': '2001:db8:0:0:1::',
    '2001:db8::1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff': 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '0:0:1:0:0:0:0:1': '0:0:1::1',
  };
  for (const [written, text] of Object.entries(cases)) assert.equal(rewritten(written), text, written);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientAddress, forwardedLines } from './forwarding.ts';
import { RequestHead } from './head.ts';

const STRANGER = { address: '192.0.2.7', scheme: 'http', localPort: 8080, isTrusted: false };
const PROXY = { address: '10.0.0.1', scheme: 'http', localPort: 8080, isTrusted: true };
const RULES = { via: false, forwarded: false };

function headWith(fields: Partial<RequestHead>): RequestHead {
  return Object.assign(new RequestHead(), { authority: 'a.example' }, fields);
}

describe('the lines of ours on a request', () => {
  it('the lines of ours on a request say of a stranger what we know, and nothing of what he says', () => {
    const claims = { forwardedFor: '6.6.6.6', forwardedPort: '1', forwardedOthers: 'X-Forwarded-Prefix: /\r\n' };
    assert.equal(
      forwardedLines(headWith(claims), STRANGER, RULES),
      'X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.example\r\nX-Forwarded-Port: 8080\r\n',
    );
  });
  it('the lines of ours on a request have no host where none was sent', () => {
    assert.doesNotMatch(forwardedLines(headWith({ authority: '' }), STRANGER, RULES), /Host/);
  });
  it('the lines of ours on a request take the port of what a trusted proxy says, the first of a list', () => {
    const portOf = (fields: Partial<RequestHead>): string | undefined =>
      /Port: (\S*)\r\n/.exec(forwardedLines(headWith(fields), PROXY, RULES))?.[1];
    assert.equal(portOf({}), '8080');
    assert.equal(portOf({ forwardedProto: 'https' }), '443');
    assert.equal(portOf({ forwardedProto: 'WSS' }), '443');
    assert.equal(portOf({ forwardedProto: 'http' }), '80');
    assert.equal(portOf({ forwardedProto: 'https', authority: 'a.example:8443' }), '8443');
    assert.equal(portOf({ forwardedHost: 'b:1, c:2' }), '1');
    assert.equal(portOf({ forwardedHost: '[2001:db8::1]' }), '80');
    assert.equal(portOf({ forwardedPort: '9', forwardedHost: 'b:1' }), '9');
  });
});

describe('the lines of ours on a request that came by a unix socket', () => {
  const client = { address: 'unix', scheme: 'http', localPort: 0, isTrusted: false };
  const proxy = { ...client, isTrusted: true };

  it('the lines of ours on a request that came by a unix socket name no address and no port', () => {
    assert.equal(
      forwardedLines(headWith({ forwardedFor: '6.6.6.6' }), client, { via: false, forwarded: true }),
      'X-Forwarded-Proto: http\r\nX-Forwarded-Host: a.example\r\nForwarded: for=unknown;proto=http;host="a.example"\r\n',
    );
  });
  it('the lines of ours on a request that came by a unix socket of a trusted proxy pass its list on as it came', () => {
    const lines = forwardedLines(headWith({ forwardedFor: '6.6.6.6, 10.0.0.2' }), proxy, RULES);
    assert.match(lines, /^X-Forwarded-For: 6\.6\.6\.6, 10\.0\.0\.2\r\n/);
    assert.doesNotMatch(lines, /unix|Port/);
    const rules = { via: false, forwarded: true };
    assert.match(
      forwardedLines(headWith({ forwardedFor: '6.6.6.6' }), proxy, rules),
      /Forwarded: for=6\.6\.6\.6;proto=http;host="a\.example", for=unknown;proto=http;host="a\.example"\r\n/,
    );
    assert.match(
      forwardedLines(headWith({ forwardedProto: 'https' }), proxy, rules),
      /X-Forwarded-Port: 443\r\nForwarded: for=unknown;proto=https;host="a\.example"\r\n/,
    );
  });
});

describe('the address of the client', () => {
  const isTrusted = (address: string): boolean => address.startsWith('10.') || address === '::1';
  const seen = (forwardedFor: string): string => clientAddress(headWith({ forwardedFor }), PROXY, isTrusted);

  it('the address of the client is the peer where it is a stranger or says nothing', () => {
    assert.equal(clientAddress(headWith({ forwardedFor: '6.6.6.6' }), STRANGER, isTrusted), '192.0.2.7');
    assert.equal(seen(''), '10.0.0.1');
  });
  it('the address of the client is the rightmost that no trusted proxy vouches for, else the first', () => {
    assert.equal(seen('6.6.6.6, 192.0.2.9, 10.0.0.2'), '192.0.2.9');
    assert.equal(seen('10.0.0.3,\t10.0.0.2'), '10.0.0.3');
    assert.equal(seen('192.0.2.9'), '192.0.2.9');
  });
  it('the address of the client is written without port and brackets, and mapped addresses as IPv4', () => {
    assert.equal(seen('192.0.2.9:80, [::1]:443'), '192.0.2.9');
    assert.equal(seen('::FFFF:192.0.2.9'), '192.0.2.9');
  });
  it('the address of the client is the last good one where an entry is no address, whatever stands in front of it', () => {
    for (const bad of ['unknown', '', '"192.0.2.9"', '_hidden', 'unix', 'localhost', '[::1', '1.2.3.4:x', '01.2.3.4']) {
      assert.equal(seen(`6.6.6.6, ${bad}, 10.0.0.2`), '10.0.0.2', bad);
      assert.equal(seen(`6.6.6.6,${bad}`), '10.0.0.1', bad);
      assert.equal(seen(bad), '10.0.0.1', bad);
    }
  });
  it('the address of the client is written in one form, without the zone', () => {
    assert.equal(seen('::ffff:c000:209'), '192.0.2.9');
    assert.equal(seen('2001:DB8:0:0::0001'), '2001:db8::1');
    assert.equal(seen('[fe80::1%eth0]:80'), 'fe80::1');
    assert.equal(seen('6.6.6.6, ::ffff:10.0.0.3'), '6.6.6.6');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress } from './address.ts';
import { readList } from './list-reader.ts';
import type { ListRules, ReadList } from './list-reader.ts';
import { Ranges, buildRanges } from './ranges.ts';

const PLAIN: ListRules = { allowWide: false, where: null, keys: [] };

function read(text: string, rules: Partial<ListRules> = {}): ReadList {
  return readList(text, { ...PLAIN, ...rules });
}

function holds(list: ReadList): (address: string) => boolean {
  const ranges = new Ranges(buildRanges(list.ranges));
  return (address) => {
    const words = new Int32Array(4);
    return ranges.has(words, parseAddress(address, words));
  };
}

function assertHolds(list: ReadList, inside: readonly string[], outside: readonly string[]): void {
  assert.equal(list.refused, null);
  const has = holds(list);
  for (const address of inside) assert.ok(has(address), `${address} is missing`);
  for (const address of outside) assert.ok(!has(address), `${address} is there`);
}

const NETSET = `#
# firehol_level1
# ipv4 hash:net ipset
#
0.0.0.0/8
192.0.2.0/24
198.51.100.7
`;
const IPSET = `create drop hash:net family inet hashsize 1024 maxelem 65536
add drop 192.0.2.0/24
add drop 198.51.100.1-198.51.100.9 timeout 300
add drop 203.0.113.5,tcp:80
COMMIT
`;
const NGINX = `deny 192.0.2.0/24;
deny  2001:db8::/32;  # them
allow all;
`;
const SPAMHAUS = `; Spamhaus DROP List
192.0.2.0/24 ; SBL1
198.51.100.0/24 ; SBL2
`;

describe('a list of addresses', () => {
  it('a list of addresses is read from a line each, with comments and what programs write round them', () => {
    assertHolds(read(NETSET), ['0.1.2.3', '192.0.2.255', '198.51.100.7'], ['192.0.3.0', '198.51.100.8']);
    assertHolds(read(IPSET), ['192.0.2.1', '198.51.100.9', '203.0.113.5'], ['198.51.100.10', '198.51.100.0']);
    assertHolds(read(NGINX), ['192.0.2.1', '2001:db8:ffff::1'], ['192.0.3.1', '2001:db9::']);
    assertHolds(read(SPAMHAUS), ['192.0.2.1', '198.51.100.255'], ['198.51.101.0']);
    assertHolds(read('\uFEFF192.0.2.1\r\n\r\n// x\r\n2001:db8::1\r\n'), ['192.0.2.1', '2001:db8::1'], ['::1']);
    assertHolds(read('192.0.2.1 - 192.0.2.3 , 000 , them\n"198.51.100.1","AU"\n'), ['192.0.2.2', '198.51.100.1'], []);
    assertHolds(read('192.0.2.1 - a bad one'), ['192.0.2.1'], ['192.0.2.2']);
    assertHolds(read('10.1.0.0/255.255.0.0\n::ffff:192.0.2.0/120'), ['10.1.255.255', '192.0.2.9'], ['10.2.0.0']);
    assertHolds(read('geo: 10.9.8.7/24'), ['10.9.8.0', '10.9.8.255'], ['10.9.9.0']);
  });

  it('a list of addresses is read from JSON of any shape, by the fields round them', () => {
    const aws = JSON.stringify({
      prefixes: [
        { ip_prefix: '192.0.2.0/24', region: 'eu-west-1', service: 'EC2' },
        { ip_prefix: '198.51.100.0/24', region: 'us-east-1', service: 'EC2' },
        { ip_prefix: '203.0.113.0/24', region: 'eu-west-1', service: 'S3' },
      ],
      ipv6_prefixes: [{ ipv6_prefix: '2001:db8::/32', region: 'eu-central-1', service: 'EC2' }],
    });
    assertHolds(read(aws), ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1'], ['10.0.0.1']);
    const where = { service: ['EC2'], region: ['eu-*', 'ap-*-2'] };
    assertHolds(read(aws, { where }), ['192.0.2.1', '2001:db8::1'], ['198.51.100.1', '203.0.113.1']);
    const azure = JSON.stringify({
      values: [
        { name: 'Front', properties: { region: '', addressPrefixes: ['192.0.2.0/24', '2001:db8::/48'] } },
        { name: 'Other', properties: { region: 'x', addressPrefixes: ['198.51.100.0/24'] } },
      ],
    });
    assertHolds(read(azure, { where: { name: ['Front'] } }), ['192.0.2.1', '2001:db8::1'], ['198.51.100.1']);
    const github = JSON.stringify({ hooks: ['192.0.2.0/24'], web: ['198.51.100.0/24'], note: 'see 10.0.0.1' });
    assertHolds(read(github, { keys: ['hooks'] }), ['192.0.2.1'], ['198.51.100.1', '10.0.0.1']);
    assertHolds(read(github), ['192.0.2.1', '198.51.100.1'], ['10.0.0.1']);
    const tagged = '[{"cidr":"192.0.2.0/24","tags":["A","B"]},{"cidr":"198.51.100.0/24","tags":["C"]}]';
    assertHolds(read(tagged, { where: { tags: ['B'] } }), ['192.0.2.1'], ['198.51.100.1']);
  });

  it('a list of addresses takes a field of JSON from the nearest object that has it', () => {
    const nested = { kind: 'a', in: [{ kind: 'b', ip: '192.0.2.1' }, { ip: '192.0.2.2' }], ip: '192.0.2.3' };
    const list = read(JSON.stringify(nested), { where: { kind: ['a'] } });
    assertHolds(list, ['192.0.2.2', '192.0.2.3'], ['192.0.2.1']);
  });

  it('a list of addresses is read from a value of JSON a line', () => {
    const drop = '{"cidr":"192.0.2.0/24","sblid":"SBL1"}\n{"cidr":"2001:db8::/32"}\n{"type":"metadata","size":2}\n';
    assertHolds(read(drop), ['192.0.2.1', '2001:db8::1'], []);
    const cut = read('{"cidr":"192.0.2.0/24"}\n{"cidr":"198.51');
    assert.equal(cut.refused?.line, 2);
  });

  it('a list of addresses with few bad lines is used and names them, with more than one in a hundred it is not', () => {
    const good = Array.from({ length: 200 }, (_, host) => `10.0.0.${host}`);
    const few = read([...good.slice(0, 3), 'what?', ...good.slice(3), '10.0.0.256'].join('\n'));
    assert.deepEqual([few.refused, few.bad, few.badLines, few.entries], [null, 2, [4, 202], 202]);
    const many = read([...good, 'a', 'b', 'c'].join('\n'));
    assert.match(many.refused?.message ?? '', /^3 of 203 lines are no addresses \(line 201, 202, 203\)$/);
    assert.equal(many.refused?.line, 201);
  });

  it('a list of addresses that has none is not used', () => {
    for (const text of ['', '# nothing\n', '{}', '[]', '{"a":"no address"}', 'allow all;']) {
      assert.equal(read(text).refused?.message, 'there is no address in it', text);
    }
    assert.ok(read('<!DOCTYPE html>\n<p>1.2.3.4</p>\n').refused !== null);
    assert.ok(read('[1,2').refused !== null);
  });

  it('a list of addresses that would take in half of the world is not used unless the config says so', () => {
    for (const text of ['10.0.0.0/7', '0.0.0.0/0', '2000::/3', '2001:d00::/23', '1.0.0.0-4.0.0.0']) {
      const refused = read(`192.0.2.1\n${text}`).refused;
      assert.equal(refused?.line, 2, text);
      assert.match(refused.cure, /allowWide/);
      assert.equal(read(`192.0.2.1\n${text}`, { allowWide: true }).refused, null);
    }
    for (const text of ['10.0.0.0/8', '2001:d00::/24', '127.255.255.255-128.0.0.0'])
      assert.equal(read(text).refused, null, text);
  });

  it('a list of addresses that allows and denies is not used, nor one of lines where fields are asked for', () => {
    const mixed = read('allow 10.0.0.1;\ndeny 10.0.0.2;\ndeny all;');
    assert.deepEqual([mixed.refused?.line, mixed.refused?.message], [2, 'it has lines with allow and with deny']);
    assert.match(read('192.0.2.1', { keys: ['a'] }).refused?.message ?? '', /for JSON/);
  });

  it('a list of addresses takes no range that runs backwards, and no bad block', () => {
    for (const text of ['192.0.2.9-192.0.2.1', '192.0.2.1/33', '192.0.2.1/255.0.255.0', '2001:db8::/129', '1.2.3/24']) {
      assert.equal(read(text).bad, 1, text);
    }
  });

  it('a list of addresses may be brackets without end', () => {
    assert.ok(read('['.repeat(100_000)).refused !== null);
    const deep = `${'['.repeat(5000)}"192.0.2.1"${']'.repeat(5000)}`;
    assert.ok(read(deep).refused !== null);
  });
});

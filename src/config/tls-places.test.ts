import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { loadConfig, parseConfig } from './load.ts';
import type { ParsedConfig } from './load.ts';

const CONFIG = `listeners:
  web:
    address: ':443'
    tls:
      certificates:
        - a.pem
        - { cert: b.crt, key: b.key, ocsp: b.ocsp }
        - pkcs12: c.p12
          passphraseFile: c.pass
      ticketKeys: t.key
      clientCertificate: { ca: d.pem, crl: d.crl }
  short: { address: ':444', tls: { certificates: s.pem } }
  "a.b": { address: ':445', tls: { certificates: { cert: m.crt, key: m.key } } }
defaults: { tls: { ca: e.pem } }
pools:
  web: { endpoints: [localhost:1], tls: on }
  own: { endpoints: [localhost:2], tls: { certificate: g.pem, key: g.key } }
routes: [{ pool: own, match: { path: /own } }, { pool: web }]
`;

/** `7 b.key`: the line, and what is marked there. */
function marksOf(parsed: ParsedConfig): (key: string) => string {
  assert.ok('config' in parsed, JSON.stringify(parsed));
  return (key) => {
    const { line, excerpt } = parsed.places.get(key) ?? { line: 0, excerpt: null };
    return `${line} ${excerpt?.text.slice(excerpt.start, excerpt.start + excerpt.length)}`;
  };
}

describe('the places of what TLS is spoken with', () => {
  it('the places of what TLS is spoken with are found for long forms and short ones', () => {
    const mark = marksOf(parseConfig(CONFIG, 'fairlead.yaml'));
    const expected = {
      'listeners.web.tls.certificates[0]': '6 a.pem',
      'listeners.web.tls.certificates[0].cert': '6 a.pem',
      'listeners.web.tls.certificates[1]': '7 {',
      'listeners.web.tls.certificates[1].cert': '7 b.crt',
      'listeners.web.tls.certificates[1].key': '7 b.key',
      'listeners.web.tls.certificates[1].ocsp': '7 b.ocsp',
      'listeners.web.tls.certificates[2].pkcs12': '8 c.p12',
      'listeners.web.tls.certificates[2].passphraseFile': '9 c.pass',
      'listeners.web.tls.ticketKeys': '10 t.key',
      'listeners.web.tls.clientCertificate.ca': '11 d.pem',
      'listeners.web.tls.clientCertificate.crl': '11 d.crl',
      'listeners.short.tls.certificates[0]': '12 s.pem',
      'listeners.short.tls.certificates[0].cert': '12 s.pem',
      'listeners["a.b"].tls.certificates[0]': '13 certificates',
      'listeners["a.b"].tls.certificates[0].cert': '13 m.crt',
      'listeners["a.b"].tls.certificates[0].key': '13 m.key',
      'pools.own.tls.certificate': '17 g.pem',
      'pools.own.tls.key': '17 g.key',
    };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, mark(key)])), expected);
  });

  it('the places of what TLS is spoken with are in defaults where a pool has it from there', () => {
    const parsed = parseConfig(CONFIG, 'fairlead.yaml');
    assert.ok('config' in parsed);
    for (const pool of ['web', 'own']) {
      const place = parsed.places.get(`pools.${pool}.tls.ca`);
      assert.deepEqual([place?.line, place?.key], [14, 'defaults.tls.ca']);
    }
  });

  it('the places of what TLS is spoken with are in the file that names it, be it YAML, JSON or a module', async (t) => {
    const folder = tempFolder(t);
    const write = (name: string, text: string): string => {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    };
    const inner = write(
      'tls.json',
      '{\n  "listeners": { "web": { "address": ":443", "tls": { "certificates": "s.pem" } } }\n}',
    );
    const outer = write('fairlead.yaml', '# Two files.\ninclude: [tls.json]\npools: { web: [localhost:1] }\n');
    const module = write(
      'fairlead.config.mjs',
      `export default {
        listeners: { web: { address: ':443', tls: { certificates: [{ cert: 's.crt', key: 's.key' }] } } },
        pools: { web: ['localhost:1'] },
      };`,
    );
    const key = 'listeners.web.tls.certificates[0].cert';
    for (const [file, named, line, marked] of [
      [outer, inner, 2, '"s.pem"'],
      [module, module, 2, `'s.crt'`],
    ] as const) {
      const parsed = await loadConfig(file);
      assert.equal(marksOf(parsed)(key), `${line} ${marked}`);
      assert.ok('config' in parsed);
      assert.equal(parsed.places.get(key)?.file, named);
    }
  });

  it('the places of what TLS is spoken with are none where nobody speaks TLS', () => {
    const parsed = parseConfig('defaults: { tls: off }\npools: { web: [localhost:1] }', 'fairlead.yaml');
    assert.ok('config' in parsed);
    assert.equal(parsed.places.size, 0);
  });
});

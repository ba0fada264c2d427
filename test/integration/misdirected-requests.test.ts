/** Certificates that are asked for under some names alone, and requests that come by another name than their host. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { readLines, tempFolder } from '../support/access-log.ts';
import { CA, GOOD, SITE, as, comesIn, runAsking, statusOf, tlsKeys } from '../support/asking-listener.ts';
import { configOf } from '../support/running-balancer.ts';
import { openTls, requestOver, runTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

test('a host whose TLS passes through is not served on a connection that is opened here', async (t) => {
  const { port } = await runTls(
    t,
    (folder) => `certificates: ${writePair(folder, 'site.pem', SITE)}, passthrough: { "*.old.example": old }`,
    { edit: (text) => text.replace('pools: {', 'pools: { old: ["127.0.0.1:9"],') },
  );
  const servername = 'open.example';
  assert.equal(await statusOf(port, { servername }, 'a.old.example'), '421 misdirected-request');
  for (const host of ['open.example', 'old.example', 'b.a.old.example'])
    assert.equal(await statusOf(port, { servername }, host), '200', host);
});

describe('a certificate that is asked for under some names alone', () => {
  const NAMES = 'names: [secure.example, "*.inner.example", "my_app.example"]';

  it('a certificate that is asked for under some names alone is asked of nobody else', async (t) => {
    const { port } = await runAsking(t, NAMES);
    for (const servername of ['open.example', 'inner.example', 'a.b.inner.example', '']) {
      assert.equal(await comesIn(port, { servername }), true, servername);
    }
    for (const servername of ['secure.example', 'SECURE.example', 'a.inner.example']) {
      assert.equal(await comesIn(port, { servername }), false, servername);
      assert.equal(await statusOf(port, as(GOOD, { servername }), servername), '200', servername);
    }
  });

  for (const threads of [1, 4]) {
    it(`a host that wants a certificate is not served by another name, with ${threads} threads`, async (t) => {
      const file = join(tempFolder(t), 'access.log');
      const more = `accessLog: { format: "$sni $host $status $reason", to: { file: ${file} } }`;
      const { port } = await runAsking(t, NAMES, { threads, more });
      const cases: readonly (readonly [sni: string, host: string, expected: string])[] = [
        ['open.example', 'open.example', '200'],
        ['open.example', 'secure.example', '421 misdirected-request'],
        ['open.example', 'SECURE.example:8443', '421 misdirected-request'],
        ['open.example', 'secure.example.', '421 misdirected-request'],
        ['open.example', 'a.inner.example', '421 misdirected-request'],
        ['open.example', 'my_app.example', '421 misdirected-request'],
        ['my_app.example', 'MY_app.example', '200'],
        ['my_app.example', 'my_other.example', '421 misdirected-request'],
        ['my_other.example', 'my_other.example', '200'],
        ['open.example', 'other.example', '200'],
        ['', 'secure.example', '421 misdirected-request'],
        ['', '127.0.0.1', '200'],
        ['secure.example', 'secure.example', '200'],
        ['secure.example', 'a.inner.example', '200'],
        ['secure.example', 'open.example', '421 misdirected-request'],
      ];
      for (const [servername, host, expected] of cases) {
        assert.equal(await statusOf(port, as(GOOD, { servername }), host), expected, `${servername} ${host}`);
      }
      await until(() => readLines(file).length === cases.length, 'all are logged');
      assert.ok(readLines(file).includes('open.example secure.example 421 misdirected-request'));
    });
  }

  it('a host that wants a certificate is looked for in every request of a connection', async (t) => {
    const { port } = await runAsking(t, NAMES);
    const socket = await openTls(port, { servername: 'open.example' });
    const statuses: number[] = [];
    for (const host of ['open.example', 'open.example', 'secure.example', 'open.example', 'secure.example']) {
      socket.setEncoding('latin1');
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [string];
      statuses.push(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]));
    }
    socket.destroy();
    assert.deepEqual(statuses, [200, 200, 421, 200, 421]);
  });

  it('a connection that began before its host wanted a certificate does not reach that host', async (t) => {
    const { balancer, port, folder, config } = await runTls(
      t,
      (folder) => `certificates: ${writePair(folder, 'site.pem', SITE)}`,
    );
    const socket = await openTls(port, { servername: 'secure.example' });
    assert.equal((await requestOver(socket, 'secure.example')).status, 200);
    writeFileSync(join(folder, 'clients.pem'), CA.cert);
    await balancer.reload(configOf(config(tlsKeys(folder))));
    socket.write('GET / HTTP/1.1\r\nHost: secure.example\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [string];
    assert.match(answer, /^HTTP\/1\.1 421 /);
    socket.destroy();
  });
});

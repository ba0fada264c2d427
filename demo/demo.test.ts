import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { findCommand } from '../bench/commands.ts';
import { until } from '../test/support/until.ts';
import { Demo } from './demo.ts';
import { createStatusLines } from './status-line.ts';

const skip = findCommand('openssl') === null ? 'needs openssl' : false;

describe('the demo', () => {
  test('the demo answers by HTTPS too, with a certificate that is gone when it has ended', { skip }, async () => {
    const demo = await Demo.start({ temper: 'calm', rate: 10 });
    const file = /certificates: '(.*)'/.exec(demo.config)?.[1] ?? assert.fail(demo.config);
    try {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: demo.httpsPort ?? assert.fail(),
        servername: 'app.localhost',
        ca: readFileSync(file),
      });
      socket.write('GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n');
      assert.match(await text(socket), /^HTTP\/1\.1 200 OK\r\n/);
    } finally {
      await demo.close();
    }
    assert.ok(!existsSync(file));
  });

  test('the demo speaks HTTP alone where no certificate can be made, and says why', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    const demo = await Demo.start({ temper: 'calm', rate: 10 }).finally(() => (process.env['PATH'] = path));
    await demo.close();
    assert.equal(demo.httpsPort, null);
    assert.match(demo.whyNoHttps ?? '', /openssl, which is not here/);
    assert.doesNotMatch(demo.config, /tls/);
  });

  test('the demo balances over five servers behind two names, tells of it, and ends within seconds', async () => {
    const demo = await Demo.start({ temper: 'calm', rate: 100 });
    try {
      const nextLine = createStatusLines(
        () => demo.balancer.stats(),
        (id) => demo.nameOf(id),
      );
      const seen = new Set<string>();
      let lines = '';
      await until(
        () => {
          lines = nextLine();
          for (const [, server] of lines.matchAll(/(s\d) +[1-9]\d*% ✔/g)) seen.add(server);
          return seen.size === 5;
        },
        () => `all five servers get a share: ${lines}`,
      );
    } finally {
      const startedAt = performance.now();
      await demo.close();
      assert.ok(performance.now() - startedAt < 5000);
    }
  });
});

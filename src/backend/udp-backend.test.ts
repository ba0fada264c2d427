import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { startUdpBackend } from './udp-backend.ts';

for (const host of ['127.0.0.1', '::1']) {
  test(`a mock server of UDP at ${host} answers each datagram with its name and what it heard`, async (t) => {
    await using backend = await startUdpBackend({ name: 'dns1', host });
    assert.equal(backend.url, `udp://${host === '::1' ? '[::1]' : host}:${backend.port}`);
    const client = createSocket(host === '::1' ? 'udp6' : 'udp4');
    t.after(() => client.close());
    for (const text of ['hello', '']) {
      client.send(text, backend.port, host);
      const [answer] = (await once(client, 'message')) as [Buffer];
      assert.equal(answer.toString(), `dns1\n${text}`);
    }
    assert.equal(backend.received, 2);
  });
}

test('a mock server of UDP rejects an address that is taken, and can be closed twice', async () => {
  const backend = await startUdpBackend();
  await assert.rejects(startUdpBackend({ port: backend.port }), { code: 'EADDRINUSE' });
  await backend.close();
  await backend.close();
});

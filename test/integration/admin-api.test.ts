/** The admin API as programs ask it: bare HTTP over its socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { askAdmin } from '../../src/admin/client.ts';
import { defaultSocketPath } from '../../src/admin/socket-path.ts';
import { OPERATIONS } from '../../src/admin/table.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { isOpen } from '../support/unix-server.ts';
import { until } from '../support/until.ts';

describe('the admin API', () => {
  // None of these leaves anything behind: one process is enough for all.
  const endpoint = http.createServer((_request, response) => response.end('ok'));
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-admin-'));
  let running: FairleadProcess | undefined;
  let [address, socket] = ['', ''];
  before(async () => {
    endpoint.listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const { port } = endpoint.address() as net.AddressInfo;
    address = `127.0.0.1:${port}`;
    const file = join(folder, 'api.yaml');
    const lines = ['threads: 1', "listeners: { web: '127.0.0.1:0' }", `pools: { web: ['${address}'] }`, 'banTable: {}'];
    writeFileSync(file, lines.join('\n'));
    running = new FairleadProcess(['run', '-c', file], { env: { RUNTIME_DIRECTORY: folder } });
    socket = defaultSocketPath(file, { RUNTIME_DIRECTORY: folder });
    await until(() => isOpen(socket), 'the admin socket');
  });
  after(async () => {
    await running?.[Symbol.asyncDispose]();
    endpoint.closeAllConnections();
    endpoint.close();
    rmSync(folder, { recursive: true });
  });

  it('the admin API answers what it does not do with a problem that says why', async () => {
    const drain = '/v1/pools/web/endpoints/127.0.0.1%3A1/drain';
    const cases: readonly (readonly [string, string, Record<string, string>, string, number, string])[] = [
      ['GET', '/v1/nothing', {}, '', 404, 'no-such-path'],
      ['GET', '/v1/pools/%zz', {}, '', 400, 'bad-path'],
      ['DELETE', '/v1/status', {}, '', 405, 'method-not-allowed'],
      ['GET', '/v1/status?verbose=1', {}, '', 400, 'bad-query'],
      ['POST', drain, {}, '', 404, 'no-such-endpoint'],
      ['POST', `${drain}?wait=soon`, {}, '', 400, 'bad-query'],
      ['POST', drain, { 'content-type': 'text/plain' }, 'x', 415, 'not-json'],
      ['POST', drain, { 'content-type': 'application/json' }, '{', 400, 'malformed'],
      ['POST', drain, { 'content-type': 'application/json' }, `${'['.repeat(70)}${']'.repeat(70)}`, 422, 'too-deep'],
      ['POST', drain, { 'content-type': 'application/json' }, ' '.repeat(1024 * 1024 + 1), 413, 'body-too-large'],
    ];
    for (const [method, path, headers, body, status, code] of cases) {
      const answer = await bare(socket, { method, path, headers }, body);
      assert.deepEqual(
        [answer.status, answer.problem.code, answer.type],
        [status, code, 'application/problem+json'],
        `${method} ${path}`,
      );
    }
    assert.equal((await bare(socket, { method: 'PUT', path: drain }, '')).allow, 'POST');
  });

  it('the admin API has each operation under a path and a method of its own, with a role', async () => {
    assert.equal(new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`)).size, OPERATIONS.length);
    for (const { method, path, role } of OPERATIONS) {
      const real = path.replace('{pool}', 'web').replace('{endpoint}', address).replace('{client}', '192.0.2.1');
      const { status, content } = await askAdmin(socket, method, real);
      assert.equal(status, 200, path);
      assert.ok(typeof content === 'object');
      assert.equal(role === 'read', method === 'GET', 'what changes something is no GET');
    }
  });

  it('the admin API outlives clients that say nothing, half a request, or nonsense', async () => {
    for (const text of ['', 'GET /v1/status HTTP/1.1\r\nHost', '\0\x01\x02\r\n\r\n']) {
      const client = net.connect(socket);
      client.on('error', () => {});
      client.end(text);
    }
    assert.equal((await askAdmin(socket, 'GET', '/v1/status')).status, 200);
  });
});

interface BareAnswer {
  readonly status: number;
  readonly type: string;
  readonly allow: string;
  readonly problem: { readonly code?: string };
}

function bare(socketPath: string, options: http.RequestOptions, body: string): Promise<BareAnswer> {
  return new Promise((resolve, reject) => {
    const asked = http.request({ socketPath, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          allow: response.headers.allow ?? '',
          problem: JSON.parse(text) as { code?: string },
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

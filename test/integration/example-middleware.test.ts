/** The middleware of examples/, each as a user would test it, and all of them in a config. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { CreateMiddleware } from '../../src/core/middleware/types.ts';
import { loadConfig } from '../../src/config/load.ts';
import { tryMiddleware } from '../../src/config/middleware-modules.ts';
import { takeUserModules } from '../../src/machine/user-modules.ts';
import { runMiddleware } from '../../src/testing/run-middleware.ts';

const EXAMPLES = new URL('../../examples/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'fairlead-examples-'));
after(() => rmSync(folder, { recursive: true }));

const leave = takeUserModules({ fairlead: new URL('../../src/core/middleware/define.ts', import.meta.url) });
after(leave);

async function example(name: string): Promise<CreateMiddleware<object>> {
  const { default: made } = (await import(new URL(name, EXAMPLES).href)) as { default: CreateMiddleware<object> };
  return made;
}

describe('the examples of middleware', () => {
  it('tenant.ts serves each host under the path of its tenant, and refuses others', async () => {
    const tenant = await example('tenant.ts');
    const options = { tenants: { 'shop.example': 'shop' } };
    const ok = await runMiddleware(tenant, {
      options,
      target: '/cart?a=b',
      headers: { host: 'Shop.Example:8080', 'x-tenant': 'blog' },
      response: { body: 'cart' },
    });
    assert.deepEqual([ok.target, ok.headers['x-tenant'], ok.answer], ['/shop/cart?a=b', 'shop', null]);
    assert.deepEqual(ok.response, { status: 200, headers: { 'x-served-tenant': 'shop' }, body: 'cart' });
    const { answer } = await runMiddleware(tenant, { options, headers: { host: 'other.example' } });
    assert.equal(answer?.status, 421);
    await assert.rejects(runMiddleware(tenant), /write tenants/);
  });

  it('feature-flags.ts gives a client the same features each time, by its cookie before its address, in their shares', async () => {
    const flags = await example('feature-flags.ts');
    const of = async (share: number, user: string): Promise<string> => {
      const options = { flags: { checkout: share } };
      const headers = { cookie: `user=${user}`, 'x-features': 'all' };
      return (await runMiddleware(flags, { options, headers })).headers['x-features'];
    };
    assert.deepEqual([await of(0, 'a'), await of(100, 'a')], ['', 'checkout']);
    let count = 0;
    for (let user = 0; user < 400; user++) {
      const said = await of(25, String(user));
      assert.equal(await of(25, String(user)), said);
      if (said !== '') count++;
    }
    assert.ok(count > 60 && count < 140, `${count} of 400`);
    await assert.rejects(of(101, 'a'), /not from 0 to 100/);
  });

  it('sign-requests.ts signs method, target, host, time and body, so that an endpoint can tell', async () => {
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, 'a secret of 32 bytes or so, well\n');
    const { headers, target } = await runMiddleware(await example('sign-requests.ts'), {
      options: { secretFile },
      method: 'POST',
      target: '/pay?x=1',
      headers: { host: 'api.example', 'x-signature': 'forged' },
      body: 'amount=1',
    });
    const digest = createHash('sha256').update('amount=1').digest('base64');
    const signed = ['POST', target, 'api.example', headers['x-signature-time'], digest].join('\n');
    const signature = createHmac('sha256', 'a secret of 32 bytes or so, well').update(signed).digest('base64');
    assert.deepEqual([headers['x-content-sha256'], headers['x-signature']], [digest, signature]);
    writeFileSync(secretFile, 'short');
    await assert.rejects(runMiddleware(await example('sign-requests.ts'), { options: { secretFile } }), /shorter/);
  });

  it('check-json.ts lets JSON with its fields pass, and answers everything else with what is wrong', async () => {
    const check = await example('check-json.ts');
    const post = async (body: string, type = 'application/json'): Promise<unknown> => {
      const options = { required: ['name'] };
      const { answer } = await runMiddleware(check, {
        options,
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      return answer === null ? 'passes' : [answer.status, (JSON.parse(answer.body) as { error: string }).error];
    };
    assert.equal(await post('{ "name": "a" }'), 'passes');
    assert.equal(await post('{ "name": "a" }', 'application/merge-patch+json; charset=utf-8'), 'passes');
    assert.deepEqual(await post('{ "name": '), [400, 'the body is not JSON']);
    assert.deepEqual(await post('7'), [422, 'the body is not an object']);
    assert.deepEqual(await post('{}'), [422, 'name is missing']);
    assert.deepEqual(await post('{ "name": 1 }', 'text/plain'), [415, 'send application/json']);
    assert.equal((await runMiddleware(check)).answer, null);
  });

  it('rewrite-links.ts rewrites links wherever the pieces of a page end, and leaves everything else alone', async () => {
    const links = await example('rewrite-links.ts');
    const options = { from: 'http://old/', to: 'https://new.example/' };
    const page = 'ä <a href="http://old/x">http://old</a> http://old/http://old/ http://ol';
    const expected = page.replaceAll('http://old/', 'https://new.example/');
    const headers = { 'content-type': 'text/html', etag: '"1"' };
    for (let size = 1; size <= page.length; size++) {
      const body = page.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const outcome = await runMiddleware(links, { options, response: { headers, body } });
      assert.equal(outcome.response?.body, expected, `in pieces of ${size}`);
      assert.equal(outcome.response.headers['etag'], undefined);
      assert.equal(outcome.headers['accept-encoding'], 'identity');
    }
    const json = { headers: { 'content-type': 'application/json', etag: '"1"' }, body: page };
    assert.deepEqual((await runMiddleware(links, { options, response: json })).response, { status: 200, ...json });
  });

  it('all of them are taken by a config', async () => {
    const parsed = await loadConfig(new URL('fairlead.yaml', EXAMPLES).pathname);
    assert.ok('config' in parsed);
    assert.equal((await tryMiddleware(parsed.config.routes)).size, 4);
  });

  it('what a hook throws is what runMiddleware throws', async () => {
    const middleware = {
      name: 'throws',
      onRequest(): void {
        throw new RangeError('too far');
      },
    };
    await assert.rejects(runMiddleware(middleware), RangeError);
  });
});

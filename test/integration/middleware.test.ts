/** What users' own steps do to requests and answers, with real modules, threads and sockets. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import { MiddlewareBalancer } from '../support/middleware-balancer.ts';
import { until } from '../support/until.ts';

const HEAD = "import { defineMiddleware, respond } from 'fairlead';\n";

function module(text: string): string {
  return `${HEAD}export default defineMiddleware(${text});\n`;
}

describe('middleware', () => {
  for (const threads of [0, 1, 4]) {
    it(`a hook sees a request, changes what goes to the endpoint, and answers in its place, with ${threads} threads`, async (t) => {
      const running = await MiddlewareBalancer.start(
        t,
        './a.ts',
        {
          'a.ts': module(`{
            name: 'a',
            onRequest(request): ReturnType<typeof respond> | undefined {
              if (request.path === '/no') return respond(403, 'no ' + request.query.get('x'), { 'X-Why': 'policy' });
              request.headers.set('X-Seen', [request.method, request.path, request.host, request.cookie('c')].join(' '));
              request.headers.add('X-More', request.header('x-more') + '!');
              request.headers.remove('X-Gone');
              request.target = '/new' + request.target;
              return undefined;
            },
          }`),
        },
        threads,
      );
      const headers = { host: 'Shop.Example:80', cookie: 'b=1; c=2', 'x-more': 'm', 'x-gone': 'g' };
      for (let round = 0; round < 3; round++) {
        assert.equal((await running.ask('/a/./b?q', { headers })).body, '<p>/new/a/./b?q </p>');
        const seen = running.seen.at(-1);
        assert.equal(seen?.headers['x-seen'], 'GET /a/b shop.example 2');
        assert.equal(seen.headers['x-more'], 'm, m!');
        assert.equal(seen.headers['x-gone'], undefined);
      }
      const refused = await running.ask('/no?x=1', { headers });
      assert.deepEqual([refused.status, refused.body], [403, 'no 1']);
      assert.equal(refused.headers['x-why'], 'policy');
      assert.equal(refused.headers['content-type'], 'text/plain; charset=utf-8');
      assert.equal(running.seen.length, 3);
      assert.deepEqual(running.faults, []);
      const [{ middleware = [] }] = running.balancer.stats().routes;
      assert.deepEqual([middleware[0].middleware, middleware[0].onRequest.calls], ['a', 4]);
    });
  }

  it('requests pass middleware in their order and answers in reverse, with a state of their own exchange', async (t) => {
    const step = (name: string): string =>
      module(`{
        name: '${name}',
        onRequest(request) {
          request.state.trace = (request.state.trace ?? '') + '${name}';
          request.headers.set('X-Trace', String(request.state.trace));
        },
        onResponse(response, request) {
          response.headers.set('X-Back', (response.headers.get('x-back') ?? '') + '${name}' + request.state.trace);
        },
      }`);
    const running = await MiddlewareBalancer.start(t, '[./a.ts, ./b.ts]', { 'a.ts': step('a'), 'b.ts': step('b') });
    for (let round = 0; round < 2; round++) {
      const { headers } = await running.ask();
      assert.equal(running.seen.at(-1)?.headers['x-trace'], 'ab');
      assert.equal(headers['x-back'], 'bab' + 'aab');
    }
  });

  it('a request waits for a promise, and its answer may be one of the platform', async (t) => {
    const running = await MiddlewareBalancer.start(t, './a.ts', {
      'a.ts': module(`{
        name: 'a',
        async onRequest(request) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          if (request.path === '/json') return Response.json({ client: request.client }, { status: 418 });
          request.headers.set('X-Later', 'yes');
        },
      }`),
    });
    await running.ask('/x');
    assert.equal(running.seen[0].headers['x-later'], 'yes');
    const { status, headers, body } = await running.ask('/json');
    assert.deepEqual([status, headers['content-type'], body], [418, 'application/json', '{"client":"127.0.0.1"}']);
    const { onRequest } = running.balancer.stats().routes[0].middleware?.[0] ?? {};
    assert.deepEqual([onRequest?.calls, onRequest?.overBudget], [2, 2]);
  });

  it('a body that a hook asks for is held, seen whole, and goes to the endpoint; one that is too large is a 413', async (t) => {
    const running = await MiddlewareBalancer.start(t, '{ module: ./a.ts, maxBody: 100KiB }', {
      'a.ts': module(`{
        name: 'a',
        async onRequest(request) {
          const body = await request.body({ max: request.path === '/small' ? 10 : 102400 });
          request.headers.set('X-Length', String(body.length) + body.toString('latin1', 0, 3));
        },
      }`),
    });
    const body = `abc${'x'.repeat(90_000)}`;
    await running.ask('/', { method: 'POST', body, headers: { expect: '100-continue' } });
    await running.ask('/', { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } });
    await running.ask('/');
    assert.deepEqual(
      running.seen.map(({ headers, body: got }) => [headers['x-length'], got.length]),
      [
        ['90003abc', 90_003],
        ['90003abc', 90_003],
        ['0', 0],
      ],
    );
    const chunked = { 'transfer-encoding': 'chunked' };
    for (const options of [{}, { headers: chunked }]) {
      const { status, headers } = await running.ask('/small', { method: 'POST', body, ...options });
      assert.deepEqual([status, headers['fairlead-error']], [413, 'payload-too-large']);
    }
    // The refused body is let go of when its client has gone.
    await until(() => running.balancer.stats().memory.keptBytes === 0, 'nothing is kept');
    assert.deepEqual(running.failures, []);
  });

  it('a hook that throws costs its request a 500 and nobody else anything, or nothing with onError: skip', async (t) => {
    const running = await MiddlewareBalancer.start(
      t,
      '[{ module: ./a.ts, onError: fail }, { module: ./b.ts, onError: skip }]',
      {
        'a.ts': module(`{
        name: 'a',
        onRequest(request) { if (request.path === '/a') throw new Error('no a'); },
        onResponse(response, request) { if (request.path === '/back') throw new Error('no way back'); },
      }`),
        'b.ts': module(`{
        name: 'b',
        async onRequest(request) {
          request.headers.set('X-B', 'half');
          if (request.path === '/b') throw new Error('no b');
        },
        onResponse(response, request) {
          response.headers.set('X-Half', 'way');
          if (request.path === '/b') throw new Error('no b either');
        },
      }`),
      },
    );
    const codes: unknown[] = [];
    for (const path of ['/a', '/back', '/b', '/']) {
      const { status, headers } = await running.ask(path);
      codes.push([status, headers['fairlead-error'], headers['x-half']]);
    }
    assert.deepEqual(codes, [
      [500, 'middleware-failed', undefined],
      [500, 'middleware-failed', undefined],
      [200, undefined, undefined],
      [200, undefined, 'way'],
    ]);
    assert.deepEqual(
      running.seen.map(({ headers }) => headers['x-b']),
      ['half', undefined, 'half'],
    );
    await until(() => running.failures.length === 2, 'the failures are told');
    assert.match(running.failures[0].stack, /no a\n +at .*a\.ts:4/);
    const { pools, routes } = running.balancer.stats();
    assert.equal(pools[0].endpoints[0].failures, 0);
    assert.deepEqual(
      routes[0].middleware?.map(({ onRequest, onResponse }) => [onRequest.errors, onResponse.errors]),
      [
        [1, 1],
        [1, 1],
      ],
    );
    assert.deepEqual(running.faults, []);
  });

  it('a promise that takes longer than maxTime is a 500 of its own, and its signal aborts, as when the client leaves', async (t) => {
    const running = await MiddlewareBalancer.start(t, '{ module: ./a.ts, maxTime: 50ms }', {
      'a.ts': module(`{
        name: 'a',
        onRequest(request) {
          const { signal, path } = request;
          return new Promise(() => signal.addEventListener('abort', () => { globalThis.aborted = (globalThis.aborted ?? '') + path; }));
        },
      }`),
      'b.ts': module(`{ name: 'b', onRequest: () => respond(200, String(globalThis.aborted)) }`),
    });
    const { status, headers } = await running.ask('/late');
    assert.deepEqual([status, headers['fairlead-error']], [500, 'middleware-timeout']);
    await until(() => running.balancer.stats().routes[0].middleware?.[0].onRequest.errors === 1, 'it is counted');
    await running.reload('{ module: ./a.ts, maxTime: 10s }');
    const socket = net.connect(running.balancer.addresses()[0].port, '127.0.0.1');
    socket.write('GET /left HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => running.balancer.stats().workers.exchanges === 1, 'it waits');
    socket.destroy();
    await until(() => running.balancer.stats().workers.exchanges === 0, 'nobody waits');
    await running.reload('./b.ts');
    assert.equal((await running.ask()).body, '/late/left');
  });

  it('the body of an answer is replaced, or goes through a function, and what no longer holds of it is taken out', async (t) => {
    const running = await MiddlewareBalancer.start(t, './a.ts', {
      'a.ts': module(`{
        name: 'a',
        onResponse(response, request) {
          if (request.path === '/other') return response.replaceBody('another, ' + response.status);
          if (request.path === '/breaks') response.transform(() => { throw new Error('no piece'); });
          else response.transform({ write: (chunk) => chunk.toString().toUpperCase(), end: () => '<!-- end -->' });
        },
      }`),
    });
    const upper = await running.ask('/x');
    assert.equal(upper.body, '<P>/X </P><!-- end -->');
    assert.deepEqual([upper.headers['content-length'], upper.headers.etag], [undefined, undefined]);
    assert.equal((await running.ask('/other')).body, 'another, 200');
    await assert.rejects(
      running.ask('/breaks').then(({ status, body }) => {
        assert.deepEqual([status, body], [500, 'unreachable']);
      }),
    );
    assert.equal((await running.ask('/x')).body, '<P>/X </P><!-- end -->');
    assert.deepEqual(running.faults, []);
    assert.equal(running.balancer.stats().pools[0].endpoints[0].failures, 0);
  });

  it('what a hook may not do throws where it does it', async (t) => {
    const running = await MiddlewareBalancer.start(t, './a.ts', {
      'a.ts': module(`{
        name: 'a',
        onRequest(request) {
          const said = [];
          const tried = (name, act) => { try { act(); said.push(name); } catch (error) { said.push(error.name); } };
          tried('host', () => request.headers.set('Host', 'x'));
          tried('length', () => request.headers.set('Content-Length', '0'));
          tried('underscore', () => request.headers.add('X_Forwarded_For', '1.1.1.1'));
          tried('line', () => request.headers.set('X-A', 'a\\r\\nX-B: b'));
          tried('name', () => request.headers.set('X A', 'a'));
          tried('letters', () => request.headers.set('X-A', '\\u{1f600}'));
          tried('elsewhere', () => { request.target = '//evil.example/'; });
          tried('blank', () => { request.target = '/a b'; });
          tried('status', () => respond(101));
          tried('body', () => respond(204, 'x'));
          tried('date', () => respond(200, '', { Date: 'x' }));
          const before = globalThis.kept;
          tried('kept', () => before?.header('x') ?? request.path);
          globalThis.kept = request;
          setImmediate(() => { try { request.header('x'); } catch (error) { globalThis.late = error.message; } });
          return respond(200, said.join(' ') + ' | ' + globalThis.late);
        },
      }`),
    });
    await running.ask();
    const { body } = await running.ask();
    const [tried, late] = body.split(' | ');
    assert.equal(tried, `${'TypeError '.repeat(8)}RangeError TypeError TypeError kept`);
    assert.match(late, /kept beyond its call/);
  });
});

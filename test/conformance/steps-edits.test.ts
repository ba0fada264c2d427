/** What steps change of requests and answers is of one exchange: nobody else ever sees it, and a retry sends it again. */
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/core/errors.ts';
import type { HeaderEdit } from '../../src/core/http/edited-lines.ts';
import { LATER, PASS } from '../../src/http/steps/step.ts';
import type { Decision, Deferral, RequestView, ResponseView, Step } from '../../src/http/steps/step.ts';
import { valuesOf } from '../support/config-routes.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { ProxiedOptions } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';
import { follow } from './scripted-steps.ts';

/** Its endpoint gives back the head that it was sent. */
function edited(name: string, options: ProxiedOptions, body: Parameters<typeof proxied>[3]): void {
  proxied(
    name,
    options,
    answering((head) => ok(head, 'Server: one\r\nX-Old: a\r\nX-Old: b\r\n')),
    body,
  );
}

type Script = (view: RequestView) => unknown;

/** Asks one of its scripts after the other, one for each request. */
function inTurn(...scripts: readonly Script[]): Step {
  let at = 0;
  return { name: 'in-turn', onRequest: (view) => (scripts[at++ % scripts.length](view) ?? PASS) as Decision };
}

async function seen(peer: RawPeer, request = get('/x', 'X-Old: a\r\nX-Old: b\r\n')): Promise<string> {
  await peer.send(request);
  const { status, body } = await readResponse(peer);
  assert.equal(status, 200);
  return body;
}

const set = (name: string, value: string): HeaderEdit => ({ kind: 'set', name, value });

edited(
  'edits of a request reach its endpoint, and the next request of the connection is as it came',
  {},
  async (proxy) => {
    const { client, plane } = proxy;
    const nothing = (): void => {};
    follow(plane, [
      inTurn(
        (view) => view.edit([{ kind: 'add', name: 'X-New', value: '1' }]),
        nothing,
        (view) => view.edit([set('x-old', 'c'), { kind: 'default', name: 'X-Old', value: 'd' }]),
        nothing,
        (view) => view.edit([{ kind: 'remove', name: 'X-OLD' }]),
        (view) => view.setTarget('/y?z'),
        nothing,
      ),
    ]);
    for (const peer of [await client(), await client()]) {
      const heads: string[] = [];
      for (let index = 0; index < 7; index++) heads.push(await seen(peer));
      assert.deepEqual(
        heads.map((head) => [head.split(' ')[1], valuesOf(head, 'x-old'), valuesOf(head, 'x-new')]),
        [
          ['/x', ['a', 'b'], ['1']],
          ['/x', ['a', 'b'], []],
          ['/x', ['c'], []],
          ['/x', ['a', 'b'], []],
          ['/x', [], []],
          ['/y?z', ['a', 'b'], []],
          ['/x', ['a', 'b'], []],
        ],
      );
    }
  },
);

edited(
  'a step sees what those before it have made of the request, and what it says later counts',
  {},
  async (proxy) => {
    const { client, plane } = proxy;
    const deferrals: Deferral[] = [];
    const lines: string[] = [];
    follow(plane, [
      inTurn((view) => view.edit([set('X-Old', 'c'), set('X-New', '1')])),
      {
        name: 'later',
        onRequest(view) {
          lines.push(view.lines);
          deferrals.push(view.defer(10_000));
          deferrals[0].edit([set('X-New', '2')]);
          return LATER;
        },
      },
      inTurn((view) => view.edit([{ kind: 'add', name: 'X-New', value: '3' }])),
    ]);
    const peer = await client();
    await peer.send(get('/x', 'X-Old: a\r\n'));
    await until(() => deferrals.length > 0, 'it is asked');
    deferrals[0].setTarget('/later');
    deferrals[0].pass();
    deferrals[0].setTarget('/too-late');
    const { body } = await readResponse(peer);
    assert.deepEqual(lines, ['X-Old: c\r\nX-New: 1\r\n']);
    assert.deepEqual([body.split(' ')[1], valuesOf(body, 'x-new')], ['/later', ['2', '3']]);
  },
);

for (const [what, options] of [
  ['a retry', { endpoints: 2 }],
  ['a second attempt at once', { endpoints: 2, routes: [{ hedge: { delayMs: 1, percentile: 0 } }] }],
] as const) {
  proxied(
    `${what} sends the request as steps have edited it, once`,
    { ...options, pool: { policy: 'first' } },
    async (peer, endpoint) => {
      if (endpoint > 0) await answering((head) => ok(head))(peer, endpoint);
      else if (what === 'a retry') {
        await peer.readUntil('\r\n\r\n');
        peer.reset();
      }
    },
    async ({ client, plane }) => {
      follow(plane, [
        inTurn((view) => {
          view.edit([
            { kind: 'remove', name: 'X-Old' },
            { kind: 'add', name: 'X-New', value: '1' },
          ]);
          view.setTarget('/edited');
        }),
      ]);
      const head = await seen(await client());
      assert.deepEqual(
        [head.split(' ')[1], valuesOf(head, 'x-old'), valuesOf(head, 'x-new'), valuesOf(head, 'x-request-id').length],
        ['/edited', [], ['1'], 1],
      );
    },
  );
}

edited(
  'edits of an answer go to that exchange alone, and to that route alone',
  { routes: [{ match: { path: { kind: 'exact', path: '/other' } } }, {}] },
  async ({ client, plane }) => {
    let count = 0;
    follow(plane, [
      {
        name: 'count',
        onResponse(view) {
          if (++count % 2 === 0) return;
          view.edit([set('Server', String(count)), { kind: 'remove', name: 'X-Old' }, set('X-New', view.record.route)]);
          assert.match(view.lines, /\r\nServer: \d+\r\nX-New: /);
        },
      },
    ]);
    const peer = await client();
    for (let index = 1; index <= 4; index++) {
      const isEdited = index % 2 === 1;
      await peer.send(get('/'));
      const { head } = await readResponse(peer);
      assert.deepEqual(valuesOf(head, 'server'), [isEdited ? String(index) : 'one']);
      assert.deepEqual(valuesOf(head, 'x-old'), isEdited ? [] : ['a', 'b']);
      await peer.send(get('/other'));
      const other = await readResponse(peer);
      assert.deepEqual([valuesOf(other.head, 'server'), valuesOf(other.head, 'x-new')], [['one'], []]);
    }
    await peer.send(get('/', 'Connection: close\r\n'));
    assert.deepEqual(valuesOf((await readResponse(peer)).head, 'server'), ['5']);
  },
);

edited('errors of ours pass the steps of answers, with the lines of who refused', {}, async ({ client, plane }) => {
  const seenOurs: boolean[] = [];
  follow(plane, [
    {
      name: 'answers',
      onResponse(view) {
        seenOurs.push(view.response.isOurs);
        view.edit([set('Cache-Control', 'private'), set('X-New', String(view.response.status))]);
      },
    },
    inTurn(
      (view) => view.refuse(FAULTS.noEndpoint, 'Retry-After: 7\r\nX-Why: me\r\n'),
      (view) => view.refuse(FAULTS.badPath),
    ),
  ]);
  const peer = await client();
  await peer.send(get());
  const first = await readResponse(peer);
  assert.equal(first.status, 503);
  assert.deepEqual(
    ['retry-after', 'x-why', 'cache-control', 'x-new', 'fairlead-error'].map((name) => valuesOf(first.head, name)),
    [['7'], ['me'], ['private'], ['503'], ['no-endpoint']],
  );
  await peer.send(get());
  const second = await readResponse(peer);
  assert.deepEqual([second.status, valuesOf(second.head, 'x-new'), valuesOf(second.head, 'x-why')], [400, ['400'], []]);
  assert.deepEqual(seenOurs, [true, true]);
});

edited(
  'a step edits neither what ends a message nor what Fairlead says itself',
  { allowFaults: true },
  async (proxy) => {
    const { client, plane } = proxy;
    const names = [
      'Content-Length',
      'transfer-encoding',
      'Connection',
      'Host',
      'X-Forwarded-For',
      'X_Request_Id',
      'Via',
    ];
    for (const name of names) {
      for (const kind of ['set', 'add', 'remove'] as const) {
        follow(plane, [inTurn((view) => view.edit([{ kind, name, value: '1' }]))]);
        const peer = await client();
        await peer.send(get());
        assert.equal((await readResponse(peer)).status, 500, name);
      }
    }
    for (const name of ['Content-Length', 'transfer-encoding', 'Connection', 'Date', 'Fairlead-Error']) {
      follow(plane, [{ name: 'answers', onResponse: (view) => view.edit([set(name, '1')]) }]);
      const peer = await client();
      await peer.send(get());
      assert.equal((await readResponse(peer)).status, 500, name);
    }
    for (const target of ['', 'x', '*', '/a b', '/a\r\nX: y', 'http://b/']) {
      follow(plane, [inTurn((view) => view.setTarget(target))]);
      const peer = await client();
      await peer.send(get());
      assert.equal((await readResponse(peer)).status, 500, target);
    }
  },
);

edited('what steps may add to one message is 8 KiB, and a message that would get more is a 500', {}, async (proxy) => {
  const { client, plane, servers } = proxy;
  const half = 'v'.repeat(4096 - 'X-New: \r\n'.length);
  const add = (value: string): readonly HeaderEdit[] => [{ kind: 'add', name: 'X-New', value }];
  const tooLarge: readonly Omit<Step, 'name'>[] = [
    { onRequest: (view) => (view.edit(add(half)), view.edit(add(half)), view.edit([set('a', '')]), PASS) },
    { onRequest: (view) => (view.edit(add(half)), view.setTarget(`/${half}${half}`), PASS) },
    { onRequest: (view) => (view.edit(add(`${half}${half}${half}`)), view.defer(1000), LATER) },
    { onRequest: (view) => (view.defer(1000).edit(add(`${half}${half}${half}`)), LATER) },
    { onResponse: (view) => (view.edit(add(half)), view.addLines(`X: ${half}${half}\r\n`)) },
    { onResponse: (view) => view.edit(add(`${half}${half}${half}`)) },
  ];
  for (const [index, step] of tooLarge.entries()) {
    follow(plane, [{ name: 'much', ...step }]);
    const peer = await client();
    await peer.send(get());
    assert.match(
      (await readResponse(peer)).head,
      /^HTTP\/1\.1 500 [^]*\r\nFairlead-Error: edit-too-large\r\n/,
      `${index}`,
    );
  }
  follow(plane, [inTurn((view) => (view.edit(add(half)), view.edit(add(half))))]);
  const head = await seen(await client());
  assert.deepEqual(valuesOf(head, 'x-new'), [half, half]);
  assert.ok(servers[0].peers.length > 0);
});

proxied(
  'steps of answers see a 101, and what they change of it goes out with it',
  {},
  async (peer) => {
    await peer.readUntil('\r\n\r\n');
    await peer.send(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nX-Old: a\r\n\r\nup',
    );
    await peer.readAll();
    peer.end();
  },
  async ({ client, plane }) => {
    const edit = (view: ResponseView): void => view.edit([{ kind: 'remove', name: 'X-Old' }, set('X-New', '1')]);
    follow(plane, [{ name: 'answers', onResponse: edit }]);
    const peer = await client();
    await peer.send(get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    const head = await peer.readUntil('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.deepEqual([valuesOf(head, 'x-old'), valuesOf(head, 'x-new')], [[], ['1']]);
    assert.equal(await peer.readBytes(2), 'up');
    peer.end();
    await peer.readAll();
  },
);

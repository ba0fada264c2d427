/** What every step may rely on, shown with steps that a script drives: their order, their words, and their ends. */
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/core/errors.ts';
import { BLOCK_BYTES } from '../../src/core/shared/memory-table.ts';
import { compileSteps } from '../../src/http/steps/route-steps.ts';
import { LATER, PASS } from '../../src/http/steps/step.ts';
import type { BodySink, Step } from '../../src/http/steps/step.ts';
import { Slow, follow, scripted } from './scripted-steps.ts';
import { END_OF_HEAD, get, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';

scripted('requests pass the steps in their order, answers in reverse', {}, async ({ client, plane }) => {
  const said: string[] = [];
  const step = (name: string): Step => ({
    name,
    onRequest() {
      said.push(`${name} request`);
      return PASS;
    },
    onResponse() {
      said.push(`${name} answer`);
    },
    finished(record) {
      said.push(`${name} ${record.status}`);
    },
  });
  follow(plane, [step('a'), step('b')]);
  const peer = await client();
  await peer.send(get('/x'));
  assert.equal((await readResponse(peer)).body, '/x');
  assert.deepEqual(said, ['a request', 'b request', 'b answer', 'a answer', 'a 200', 'b 200']);
});

scripted('an answer of a step reaches the client, and nobody behind it sees the request', {}, async (proxy) => {
  const { client, plane, servers } = proxy;
  let behind = 0;
  const content = {
    status: 301,
    reason: 'Moved Permanently',
    lines: 'Location: /there\r\n',
    body: Buffer.from('gone'),
  };
  follow(plane, [
    { name: 'redirect', onRequest: (view) => view.answer(content) },
    { name: 'behind', onRequest: () => (behind++, PASS) },
  ]);
  const peer = await client();
  for (const method of ['GET', 'HEAD']) {
    await peer.send(get().replace('GET', method));
    const { head, body, status } = await readResponse(peer, method === 'HEAD');
    assert.equal(status, 301);
    assert.match(head, /^HTTP\/1\.1 301 Moved Permanently\r\nLocation: \/there\r\nContent-Length: 4\r\nDate: /);
    assert.doesNotMatch(head, /Via/);
    assert.equal(body, method === 'HEAD' ? '' : 'gone');
  }
  await peer.send(POST);
  assert.equal((await readResponse(peer)).status, 301);
  assert.equal(behind, 0);
  assert.equal(servers[0].peers.length, 0);
});

scripted('what a step refuses is an error of ours, with its code', {}, async ({ client, plane, servers }) => {
  follow(plane, [{ name: 'no', onRequest: (view) => view.refuse(FAULTS.badPath) }]);
  const peer = await client();
  await peer.send(get());
  assert.match((await readResponse(peer)).head, /^HTTP\/1\.1 400 [^]*\r\nFairlead-Error: bad-path\r\n/);
  assert.equal(servers[0].peers.length, 0);
});

scripted('a step may decide later; the body waits with the request, and so do those behind it', {}, async (proxy) => {
  const { client, plane, servers } = proxy;
  const slow = new Slow();
  follow(plane, [slow]);
  const peer = await client();
  await peer.send(POST + get('/behind'));
  await until(() => slow.deferrals.length === 1, 'it is asked');
  assert.equal(servers[0].peers.length, 0);
  slow.deferrals[0].pass();
  assert.equal((await readResponse(peer)).body, '/');
  await until(() => slow.deferrals.length === 2, 'it is asked about the next one');
  slow.deferrals[1].refuse(FAULTS.badPath);
  assert.equal((await readResponse(peer)).status, 400);
  await peer.send(get('/third'));
  await until(() => slow.deferrals.length === 3, 'and about the third');
  slow.deferrals[2].answer({ status: 204, reason: 'No Content', lines: 'X: y\r\n', body: Buffer.alloc(0) });
  assert.match((await readResponse(peer)).head, /^HTTP\/1\.1 204 No Content\r\nX: y\r\nDate/);
  assert.deepEqual([slow.cancelled, slow.finishes], [0, 3]);
});

scripted(
  'requests that wait for a decision are counted, and refused where there is no room for more',
  { memoryBytes: 2 * BLOCK_BYTES },
  async ({ client, plane, net: { segmentation } }) => {
    // Heads that come in pieces are kept as well, and are refused earlier.
    if (segmentation !== 'whole') return;
    const slow = new Slow();
    follow(plane, [slow]);
    const peers = await Promise.all(Array.from({ length: 40 }, client));
    await Promise.all(peers.map((peer) => peer.send(get('/x', 'Connection: close\r\n'))));
    await until(() => slow.deferrals.length === 40, 'all are asked');
    assert.ok(slow.cancelled > 0 && slow.cancelled < 40, `${slow.cancelled} have no room`);
    assert.ok(plane.memory.keptBytes > 0);
    for (const deferral of slow.deferrals) deferral.pass();
    const heads = await Promise.all(peers.map(async (peer) => (await readResponse(peer)).head));
    const refused = heads.filter((head) => /^HTTP\/1\.1 503 [^]*\r\nFairlead-Error: memory\r\n/.test(head));
    assert.equal(refused.length, slow.cancelled);
    assert.equal(heads.filter((head) => head.startsWith('HTTP/1.1 200 ')).length, 40 - slow.cancelled);
  },
);

scripted(
  'an answer behind a decision that came later leads to the next request, which waits for its own',
  {},
  async (proxy) => {
    const { client, plane, servers } = proxy;
    const slow = new Slow();
    const content = { status: 200, reason: 'OK', lines: '', body: Buffer.from('ours') };
    follow(plane, [slow, { name: 'answer', onRequest: (view) => view.answer(content) }]);
    const peer = await client();
    await peer.send(get('/1') + get('/2') + get('/3'));
    for (let index = 0; index < 3; index++) {
      await until(() => slow.deferrals.length === index + 1, 'it is asked about the next one');
      slow.deferrals[index].pass();
      assert.equal((await readResponse(peer)).body, 'ours');
    }
    assert.deepEqual([slow.cancelled, slow.finishes], [0, 3]);
    assert.equal(servers[0].peers.length, 0);
  },
);

scripted('a step that has said LATER may have said what before it returns', {}, async ({ client, plane }) => {
  follow(plane, [
    {
      name: 'at-once',
      onRequest(view) {
        view.defer(1000).pass();
        return LATER;
      },
    },
  ]);
  const peer = await client();
  await peer.send(get('/x'));
  assert.equal((await readResponse(peer)).body, '/x');
});

scripted(
  'a client that leaves while a step decides cancels it, and what is said then means nothing',
  {},
  async (proxy) => {
    const { client, plane, servers } = proxy;
    const slow = new Slow();
    follow(plane, [slow]);
    for (let round = 0; round < 2; round++) {
      const peer = await client();
      await peer.send(get());
      await until(() => slow.deferrals.length === round + 1, 'it is asked');
      if (round === 0) peer.end();
      else peer.reset();
      await until(() => slow.cancelled === round + 1, 'it is cancelled');
      for (const deferral of slow.deferrals) deferral.pass();
    }
    assert.equal(slow.finishes, 2);
    // The exchange is another client's by now.
    const other = await client();
    await other.send(get());
    await until(() => slow.deferrals.length === 3, 'it is asked');
    slow.deferrals[0].refuse(FAULTS.badPath);
    slow.deferrals[2].pass();
    slow.deferrals[2].refuse(FAULTS.badPath);
    assert.equal((await readResponse(other)).status, 200);
    assert.equal(servers[0].peers.length, 1);
  },
);

for (const [what, options, ms, answer] of [
  ['the total time', { timeouts: { totalMs: 80 } }, 10_000, /^HTTP\/1\.1 504 [^]*response-timeout/],
  ["a step's own time", {}, 80, /^HTTP\/1\.1 503 [^]*decision-timeout/],
] as const) {
  scripted(`${what} ends the wait for a decision`, options, async ({ client, plane, servers }) => {
    const slow = new Slow(ms);
    follow(plane, [slow]);
    const peer = await client();
    await peer.send(get());
    assert.match((await readResponse(peer)).head, answer);
    assert.deepEqual([slow.cancelled, slow.finishes], [1, 1]);
    slow.deferrals[0].pass();
    assert.equal(servers[0].peers.length, 0);
  });
}

scripted(
  'lines that a step adds to an answer go to that exchange alone, and to that route alone',
  { routes: [{ match: { path: { kind: 'exact', path: '/other' } } }, {}] },
  async ({ client, plane }) => {
    let count = 0;
    follow(plane, [{ name: 'count', onResponse: (view) => view.addLines(`X-Count: ${++count}\r\n`) }]);
    const peer = await client();
    for (let index = 1; index <= 3; index++) {
      await peer.send(get('/'));
      assert.match((await readResponse(peer)).head, new RegExp(`\\r\\nX-Count: ${index}\\r\\n\\r\\n$`));
      await peer.send(get('/other'));
      assert.doesNotMatch((await readResponse(peer)).head, /X-Count/);
    }
    await peer.send(get('/', 'Connection: close\r\n'));
    assert.match((await readResponse(peer)).head, /\r\nX-Count: 4\r\nConnection: close\r\n/);
  },
);

/** Puts a letter in front of what it gets, and one behind all. */
function wrap(letter: string): Step {
  return {
    name: letter,
    transform: () => {
      let isBegun = false;
      const begin = (next: BodySink): void => {
        if (!isBegun) next.write(Buffer.from(letter), 0, 1);
        isBegun = true;
      };
      return {
        write(buffer, start, end, next) {
          begin(next);
          next.write(buffer, start, end);
        },
        end(trailers, next) {
          begin(next);
          next.write(Buffer.from(letter.toUpperCase()), 0, 1);
          next.end(trailers);
        },
      };
    },
  };
}

scripted('bodies pass the transforms of the steps in reverse, and their length is not said', {}, async (proxy) => {
  const { client, plane } = proxy;
  follow(plane, [wrap('a'), wrap('b'), { name: 'none', transform: () => null }]);
  const peer = await client();
  await peer.send(get('/x'));
  const head = await peer.readUntil(END_OF_HEAD);
  assert.doesNotMatch(head, /Content-Length/i);
  assert.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
  const body = (await peer.readUntil('0\r\n\r\n')).replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').trim();
  assert.equal(body, 'ab/xBA');
  await peer.send(get('/x').replace('GET', 'HEAD'));
  assert.match(await peer.readUntil(END_OF_HEAD), /Content-Length: 2/);
  const old = await client();
  await old.send('GET /y HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.match(await old.readAll(), /\r\n\r\nab\/yBA$/);
});

scripted('a step that is only asked about requests costs answers nothing', {}, async ({ client, plane }) => {
  follow(plane, [{ name: 'plain', onRequest: () => PASS }]);
  const peer = await client();
  await peer.send(get('/x'));
  assert.equal((await readResponse(peer)).body, '/x');
  assert.equal(compileSteps([{ name: 'plain', onRequest: () => PASS }])?.onResponse, null);
  assert.equal(compileSteps([]), null);
});

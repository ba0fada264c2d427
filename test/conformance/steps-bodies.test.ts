/** What every step may rely on that holds a body, breaks an answer off, or refuses one. */
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/core/errors.ts';
import { COUNTER_FAILURES } from '../../src/core/shared/pool-table.ts';
import { LATER } from '../../src/http/steps/step.ts';
import { get, readResponse } from '../support/proxied.ts';
import { follow, scripted } from './scripted-steps.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';

scripted(
  'a step that decides later may have the whole body, which goes on as it came, or hear that it is too large',
  {},
  async ({ client, plane }) => {
    const heard: (string | null)[] = [];
    let wanted = 10;
    follow(plane, [
      {
        name: 'reads',
        onRequest(view) {
          const deferral = view.defer(1000);
          deferral.holdBody(wanted, (body) => {
            heard.push(body === null ? null : body.toString());
            deferral.pass();
          });
          return LATER;
        },
      },
    ]);
    const peer = await client();
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n';
    for (const request of [POST, chunked, get()]) {
      await peer.send(request);
      assert.equal((await readResponse(peer)).status, 200);
    }
    wanted = 3;
    await peer.send(POST);
    assert.equal((await readResponse(peer)).status, 200);
    assert.deepEqual(heard, ['body', 'body', '', null]);
    assert.equal(plane.memory.keptBytes, 0);
  },
);

scripted("a step's own time is over with the error that it has named", {}, async ({ client, plane }) => {
  follow(plane, [
    {
      name: 'slow',
      onRequest(view) {
        view.defer(50, FAULTS.middlewareTimeout);
        return LATER;
      },
    },
  ]);
  const peer = await client();
  await peer.send(get());
  assert.match((await readResponse(peer)).head, /^HTTP\/1\.1 500 [^]*\r\nFairlead-Error: middleware-timeout\r\n/);
});

scripted(
  'a step may refuse an answer that has not begun, and break one off that has, at no cost of the endpoint',
  {},
  async ({ client, plane }) => {
    follow(plane, [
      {
        name: 'breaks',
        onResponse(view) {
          if (view.request.target === '/no') view.refuse(FAULTS.middlewareFailed);
        },
        transform: () => ({
          write(buffer, start, end, next) {
            next.write(buffer, start, end);
            next.fail(FAULTS.middlewareFailed);
            next.write(buffer, start, end);
          },
          end: (trailers, next) => next.end(trailers),
        }),
      },
    ]);
    const peer = await client();
    await peer.send(get('/no'));
    assert.match((await readResponse(peer)).head, /^HTTP\/1\.1 500 [^]*\r\nFairlead-Error: middleware-failed\r\n/);
    const other = await client();
    await other.send(get('/x', 'Connection: close\r\n'));
    // Where nothing has left before the end of the burst, it is still an error of ours.
    const said = await other.readAll();
    assert.ok(!said.includes('0\r\n\r\n'), 'nobody takes it for a whole answer');
    assert.equal(plane.table.total(0, COUNTER_FAILURES), 0);
  },
);

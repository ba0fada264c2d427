/** A step with a bug costs its own request an error, and nobody else anything. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { ANSWERED, LATER, PASS } from '../../src/http/steps/step.ts';
import type { Step } from '../../src/http/steps/step.ts';
import { get, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';
import { Slow, follow, scripted } from './scripted-steps.ts';

scripted(
  'a step that throws costs its request a 500 and nobody else anything',
  { allowFaults: true },
  async (proxy) => {
    const { client, plane, servers } = proxy;
    let finishes = 0;
    const bug = (): never => {
      throw new Error('a bug');
    };
    const content = { status: 200, reason: 'OK', lines: '', body: Buffer.from('ours') };
    const traps: readonly Omit<Step, 'name' | 'finished'>[] = [
      { onRequest: bug },
      { onRequest: () => ANSWERED },
      { onRequest: () => LATER },
      { onRequest: (view) => (view.defer(1000), PASS) },
      { onRequest: (view) => (view.defer(1000), bug()) },
      { onResponse: bug },
      { onRequest: (view) => view.answer(content), onResponse: bug },
    ];
    for (const [index, step] of traps.entries()) {
      follow(plane, [{ name: 'trap', ...step, finished: () => void finishes++ }]);
      const peer = await client();
      await peer.send(get());
      assert.equal((await readResponse(peer)).status, 500, `trap ${index}`);
      assert.equal(finishes, index + 1);
    }
    follow(plane, [{ name: 'trap', finished: bug }]);
    const peer = await client();
    await peer.send(get('/x'));
    assert.equal((await readResponse(peer)).body, '/x');
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
    assert.ok(servers[0].peers.length > 0);
  },
);

scripted(
  'a step that answers and throws then does no harm to the request behind its own',
  { allowFaults: true },
  async (proxy) => {
    const { client, plane } = proxy;
    const content = { status: 200, reason: 'OK', lines: '', body: Buffer.from('ours') };
    const slow = new Slow();
    const isFirst = (target: string): boolean => target === '/1';
    for (const isThrown of [true, false]) {
      follow(plane, [
        slow,
        {
          name: 'trap',
          onRequest(view) {
            if (!isFirst(view.request.target)) return PASS;
            view.answer(content);
            if (isThrown) throw new Error('a bug');
            return PASS;
          },
        },
      ]);
      const begun = slow.deferrals.length;
      const peer = await client();
      await peer.send(get('/1') + get('/2'));
      await until(() => slow.deferrals.length === begun + 1, 'it is asked');
      slow.deferrals[begun].pass();
      assert.equal((await readResponse(peer)).body, 'ours');
      await until(() => slow.deferrals.length === begun + 2, 'it is asked about the next one');
      slow.deferrals[begun + 1].pass();
      assert.equal((await readResponse(peer)).body, '/2');
    }
    assert.equal(plane.reports.filter(({ type }) => type === 'fault').length, 2);
  },
);

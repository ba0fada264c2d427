/** What an exception of ours costs: the connection that it happened on, at most. */
import assert from 'node:assert/strict';
import type { Recorder } from './transport-recorder.ts';
import { pattern, settle, stageTest, tcpTest } from './transport-stage.ts';
import type { CreateTransport, Pair, Stage } from './transport-stage.ts';

export function guard(name: string, create: CreateTransport): void {
  for (const event of ['connect', 'bytes', 'drain', 'end', 'close'] as const) {
    const side = event === 'connect' ? 'dialled' : 'accepted';
    const register = event === 'close' ? tcpTest : stageTest;

    register(`${name}: an exception inside of ${event} reaches the reporter and the handler`, create, async (stage) => {
      const bystander = await stage.pair('accepted');
      const bug = new Error(`bug in ${event}`);
      const { recorder, connection, peer } = await stage.pair(side, (its) => throwIn(its, event, bug));
      await provoke({ recorder, connection, peer }, event);
      await recorder.until(() => recorder.faults.length > 0);
      assert.deepEqual(recorder.faults, [bug]);
      takeFaults(stage, [bug]);
      if (event !== 'close') {
        connection.end();
        await peer.readAllBytes();
      }
      await bystander.peer.send('unharmed');
      await bystander.recorder.until(() => bystander.recorder.text === 'unharmed');
    });
  }

  tcpTest(`${name}: a handler that fails on its fault as well is reset`, create, async (stage) => {
    const bug = new Error('bug');
    const second = new Error('bug in onFault');
    const { recorder, peer } = await stage.pair('accepted', (its) => {
      throwIn(its, 'bytes', bug);
      its.onFaulted = () => {
        throw second;
      };
    });
    await peer.send('x');
    assert.equal(await peer.closed, 'rst');
    await recorder.closed();
    assert.equal(recorder.reason?.kind, 'local');
    takeFaults(stage, [bug, second]);
  });

  stageTest(`${name}: a handler may answer and end inside of onFault`, create, async (stage) => {
    const bug = new Error('bug');
    const { recorder, connection, peer } = await stage.pair('accepted', (its) => throwIn(its, 'bytes', bug));
    recorder.onFaulted = () => {
      connection.write('500');
      connection.end();
    };
    await peer.send('x');
    assert.equal(await peer.readAll(), '500');
    takeFaults(stage, [bug]);
  });

  tcpTest(`${name}: an exception in accept resets that connection alone`, create, async (stage) => {
    const bug = new Error('bug in accept');
    let count = 0;
    const { listener, accepted } = await stage.listen(() => {
      count += 1;
      if (count === 1) throw bug;
    });
    await stage.net.connect(listener.port).then(
      async (peer) => assert.equal(await peer.closed, 'rst'),
      (error: unknown) => assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET'),
    );
    const peer = await stage.net.connect(listener.port);
    await peer.send('fine');
    while (accepted.length < 2) await settle();
    await accepted[1].until(() => accepted[1].text === 'fine');
    takeFaults(stage, [bug]);
  });
}

function throwIn(recorder: Recorder, event: 'connect' | 'bytes' | 'drain' | 'end' | 'close', bug: Error): void {
  let hasThrown = false;
  recorder.on[event] = () => {
    if (hasThrown) return;
    hasThrown = true;
    throw bug;
  };
}

async function provoke({ connection, peer }: Pair, event: string): Promise<void> {
  if (event === 'bytes') await peer.send('x');
  if (event === 'end') peer.end();
  if (event === 'close') peer.reset();
  if (event === 'drain') {
    const bytes = pattern(8 * 1024 * 1024, 30);
    connection.writeBytes(bytes, 0, bytes.length);
  }
}

function takeFaults(stage: Stage, expected: readonly unknown[]): void {
  assert.deepEqual(stage.faults.splice(0), expected);
}

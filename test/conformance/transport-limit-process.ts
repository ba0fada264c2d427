/** A process that uses up its descriptors; started with few of them by `transport-limit.test.ts`. */
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import type { NodeEngine } from '../../src/net/node/transport.ts';
import { Recorder } from './transport-recorder.ts';

const engine = process.argv[2] as NodeEngine;
const transport = createNodeTransport({ engine, onFault: (error) => assert.fail(String(error)) });
const accepted: Recorder[] = [];
const where = { host: '127.0.0.1', port: 0, reusePort: false };
const listener = await transport.listen(where, () => {
  const recorder = new Recorder();
  accepted.push(recorder);
  return recorder;
});

function dial(): Recorder {
  const recorder = new Recorder();
  recorder.connection = transport.dial({ host: '127.0.0.1', port: listener.port }, recorder);
  return recorder;
}

// A first connection, so that all that is loaded late is loaded.
const first = dial();
await first.until(() => first.events.includes('connect'));

const held: number[] = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch (error) {
  assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE');
}

const refused = dial();
await refused.closed();
assert.deepEqual(refused.reason, { kind: 'ours', code: 'EMFILE' });

for (let round = 0; round < 3; round += 1) {
  listener.pauseAccepting();
  listener.resumeAccepting();
}
const handle = transport.release(listener);
const again = transport.adopt(handle, () => new Recorder());

for (const fd of held) closeSync(fd);
const last = dial();
await last.until(() => last.events.includes('connect'));
last.connection!.reset();
first.connection!.reset();
await again.close();
process.stdout.write('still listening');

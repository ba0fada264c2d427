import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestEngine } from './create-transport.ts';
import { probeEngines } from './probe.ts';

test('the probe finds that connections can stand on handles, or else that reads land in our buffers', async () => {
  assert.equal(await probeEngines(), bestEngine);
});

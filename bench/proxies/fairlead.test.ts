import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ListenerSpec } from '../../src/core/snapshot.ts';
import { loadConfig } from '../../src/config/load.ts';
import { fairlead } from './fairlead.ts';

const routes = ['/service-0001', '/service-0002'];

for (const [layer, poolsOf] of [
  ['tcp', ({ tcp }: ListenerSpec) => [tcp?.pool]],
  ['passthrough', ({ tls }: ListenerSpec) => [...(tls?.passthrough ?? [])].map(({ to }) => to.pool)],
] as const) {
  test(`the config for ${layer} is valid`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-bench-test-'));
    try {
      const setup = {
        threads: 1,
        routes: [],
        log: null,
        layer,
        pem: null,
        endpointCa: null,
        profileDirectory: null,
      } as const;
      await fairlead.prepare({ ...setup, directory, port: 21000, endpointPorts: [1, 2] });
      const parsed = await loadConfig(join(directory, `fairlead-${layer}.yaml`));
      assert.deepEqual('errors' in parsed ? parsed.errors : parsed.config.listeners.flatMap(poolsOf), ['pool']);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

for (const [title, setup, pem] of [
  ['one thread and one route', { threads: 1, routes: [], log: null }, null],
  ['two threads and several routes, with an access log', { threads: 2, routes, log: 'json' }, null],
  ['HTTPS on both sides', { threads: 1, routes: [], log: null }, '/tmp/site.pem'],
] as const) {
  test(`the config for ${title} is valid and says what was asked for`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-bench-test-'));
    try {
      const rest = { layer: 'http', pem, endpointCa: pem, profileDirectory: null } as const;
      await fairlead.prepare({ ...setup, ...rest, directory, port: 21000, endpointPorts: [1, 2] });
      const file = join(directory, 'fairlead.yaml');
      assert.deepEqual(await loadConfig(file).then((parsed) => ('errors' in parsed ? parsed.errors : [])), []);
      const text = readFileSync(file, 'utf8');
      assert.match(text, new RegExp(`^threads: ${setup.threads}$`, 'm'));
      assert.equal(text.match(/pool: pool/g)?.length, Math.max(1, setup.routes.length));
      assert.equal(text.includes('accessLog'), setup.log !== null);
      assert.equal(text.match(/tls:/g)?.length ?? 0, pem === null ? 0 : 2);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

/** The container files, as far as they can be tested without an engine. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

interface Service {
  readonly command: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only: boolean;
  readonly stop_grace_period?: string;
}

describe('the container files', () => {
  test('the container files agree with each other on names, ports and the time to drain', async () => {
    const { services } = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service> };
    const parsed = await loadConfig(join(ROOT, 'deploy/fairlead.yaml'));
    assert.ok('config' in parsed, JSON.stringify(parsed));
    const { pools, listeners, settings } = parsed.config;
    for (const { host, port } of pools.flatMap(({ endpoints }) => endpoints)) {
      const { command } = services[host];
      assert.equal(command[0], 'backend');
      assert.equal(command[command.indexOf('--port') + 1], String(port));
    }
    const { fairlead } = services;
    assert.deepEqual(
      fairlead.ports?.map((each) => each.split(':').at(-1)),
      listeners.map(({ port }) => String(port)),
    );
    assert.ok(Number.parseInt(fairlead.stop_grace_period ?? '', 10) * 1000 > settings.timeouts.drainMs);
    assert.ok(Object.values(services).every((service) => service.read_only));
  });

  test('the container files run the command of the package itself, with no shell in front, by a user without rights', () => {
    const lines = read('Dockerfile').split('\n');
    const [entry] = lines.filter((line) => line.startsWith('ENTRYPOINT ')).map((line) => line.slice(11));
    const { bin } = JSON.parse(read('package.json')) as { bin: { fairlead: string } };
    assert.deepEqual(JSON.parse(entry), ['node', `/app/node_modules/fairlead/${bin.fairlead}`]);
    assert.ok(lines.includes('USER node'));
    const bases = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    assert.match(bases[0], /^node:26\.\d+\.\d+-slim$/);
    assert.deepEqual([...new Set(bases.slice(1))], ['base']);
  });

  test('the container files bring libatomic, without which Node 26 does not start, where the base lacks it', () => {
    const [base] = read('Dockerfile')
      .split(/^FROM .*$/m)
      .slice(1);
    assert.match(base, /^RUN node --version \|\| \(apt-get update && apt-get install .*\blibatomic1\b/m);
  });
});

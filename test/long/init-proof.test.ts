/**
 * Real nginx and HAProxy run configs as they are in the wild, and Fairlead what `fairlead init` makes of them. The same
 * requests go to both, and every difference is in the list that `init` printed.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { convert } from '../../src/init/convert.ts';
import type { Note } from '../../src/init/report.ts';
import { formatNotes, writeDraft } from '../../src/init/write-draft.ts';
import { Client, requestsFor, startWitness } from '../support/asked-requests.ts';
import type { Answer } from '../support/asked-requests.ts';
import { tellsOfHost, tellsOfRouting } from '../support/difference-notes.ts';
import type { Difference } from '../support/difference-notes.ts';
import { startOriginal } from '../support/original-proxy.ts';
import type { ProxyProgram } from '../support/original-proxy.ts';
import { runBalancer } from '../support/running-balancer.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/init-proof/', import.meta.url));
const SERVERS = ['a', 'b', 'c', 'd'] as const;
const REQUESTS = 200;
/** Fewer the same than that, and the config is one for another test. */
const LEAST_SAME = 40;

interface Comparison {
  readonly notes: readonly Note[];
  readonly same: number;
  readonly differences: readonly Difference[];
}

async function compare(name: string, program: ProxyProgram): Promise<Comparison> {
  const template = readFileSync(join(FOLDER, name), 'utf8');
  const [a, b, c, d] = await Promise.all(SERVERS.map(startWitness));
  await using stack = new AsyncDisposableStack();
  for (const server of [a, b, c, d]) stack.use(server);
  const { port: listen, release } = await reservePort();
  const ports = { a: a.port, b: b.port, c: c.port, d: d.port, listen };
  const text = template.replace(/%(a|b|c|d|listen)%/g, (_, key: keyof typeof ports) => String(ports[key]));
  const { draft, notes } = await convert(text, name);
  assert.ok(draft !== null);
  await release();
  stack.use(await startOriginal(program, text, listen));
  const written = writeDraft(draft, notes, []).replace(`127.0.0.1:${listen}`, '127.0.0.1:0');
  const { port, balancer } = await runBalancer(`threads: 0\n${written}`);
  stack.defer(() => balancer.close({ force: true }));
  using client = new Client();
  const differences: Difference[] = [];
  const requests = requestsFor(template, REQUESTS);
  for (const asked of requests) {
    const [original, ours] = await Promise.all([client.send(listen, asked), client.send(port, asked)]);
    if (!isSame(original, ours)) differences.push({ asked, original, ours });
  }
  return { notes, same: requests.length - differences.length, differences };
}

function isSame(a: Answer, b: Answer): boolean {
  return isSameWay(a, b) && a.host === b.host;
}

function isSameWay(a: Answer, b: Answer): boolean {
  return a.status === b.status && a.server === b.server && a.path === b.path && a.place === b.place;
}

function isTold(difference: Difference, notes: readonly Note[]): boolean {
  const { original, ours } = difference;
  if (!isSameWay(original, ours)) return notes.some((note) => tellsOfRouting(note, difference));
  return notes.some((note) => tellsOfHost(note, difference));
}

function inWords({ asked: { method, host, path }, original, ours }: Difference): string {
  const say = (answer: Answer): string => JSON.stringify(answer);
  return `${method} ${path} of ${host}: ${say(original)} there, ${say(ours)} here`;
}

for (const program of ['nginx', 'haproxy'] as const) {
  const skip = findCommand(program) === null ? `${program} is not installed` : false;
  describe(`what init makes of a config of ${program}`, { skip, concurrency: false }, () => {
    for (const name of readdirSync(FOLDER).filter((file) => file.startsWith(program))) {
      test(`what init makes of a config of ${program} differs from ${program} in nothing but what it listed: ${name}`, async () => {
        const { notes, same, differences } = await compare(name, program);
        const untold = differences.filter((difference) => !isTold(difference, notes));
        assert.deepEqual(untold.map(inWords), [], formatNotes(notes).join('\n'));
        assert.ok(same >= LEAST_SAME, `${same} of ${REQUESTS} are the same`);
        const opened = differences.filter(
          ({ original, ours }) => /^40[13]$/.test(String(original.status)) && ours.server !== null,
        );
        assert.deepEqual(opened.map(inWords), []);
      });
    }
  });
}

/** Limits of rate before those who know them: curl over TLS, and nginx on the same requests. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { ask, runLimited } from '../support/limited.ts';
import { startOriginal } from '../support/original-proxy.ts';
import { writePair } from '../support/tls-balancer.ts';

const run = promisify(execFile);

function needs(program: string): { skip: string | false } {
  return { skip: findCommand(program) === null ? `needs ${program}` : false };
}

interface Curled {
  readonly status: number;
  readonly retryAfter: number;
}

/** `fairlead run` with HTTPS on localhost, and 110 curls in a row, as a shell would do it. */
async function curlLoop(
  t: TestContext,
  limit: string,
): Promise<{ readonly answers: Curled[]; readonly seconds: number }> {
  const folder = tempFolder(t);
  const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
  const pem = writePair(folder, 'localhost.pem', issueCertificate({ names: ['localhost'] }));
  const config = join(folder, 'fairlead.yaml');
  await writeFile(
    config,
    `threads: 2
listeners: { web: { address: "127.0.0.1:0", tls: { certificates: ${pem} } } }
routes: [{ match: { path: /apiA }, pool: web, rateLimit: ${limit} }, { pool: web }]
pools: { web: ["127.0.0.1:${endpoint}"] }
`,
  );
  const fairlead = new FairleadProcess(['run', '-c', config]);
  t.after(() => fairlead[Symbol.asyncDispose]());
  const url = `https://localhost:${await fairlead.port()}/apiA`;
  const answers: Curled[] = [];
  const begun = performance.now();
  for (let request = 0; request < 110; request++) {
    const { stdout } = await run('curl', ['-sk4', '-o', '/dev/null', '-w', '%{http_code} %header{retry-after}', url]);
    const [status, retryAfter = '0'] = stdout.split(' ');
    answers.push({ status: Number(status), retryAfter: Number(retryAfter) });
  }
  return { answers, seconds: (performance.now() - begun) / 1000 };
}

describe('a limit of rate before curl', needs('curl'), () => {
  test('110 curls over TLS have exactly 100 × 200 and then 10 × 429, at 100 an hour with a burst of 100', async (t) => {
    const { answers } = await curlLoop(t, '{ rate: 100/h, burst: 100 }');
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array.from({ length: 100 }, () => 200), ...Array.from({ length: 10 }, () => 429)],
    );
    for (const { retryAfter } of answers.slice(100)) assert.ok(retryAfter >= 1 && retryAfter <= 36, String(retryAfter));
  });

  test('110 curls over TLS have 100 × 200 and one more for each 0.6 s, at 100 a minute with a burst of 100', async (t) => {
    const { answers, seconds } = await curlLoop(t, '{ rate: 100/m, burst: 100 }');
    const passed = answers.filter(({ status }) => status === 200).length;
    const expected = Math.min(110, 100 + Math.floor(seconds / 0.6));
    assert.ok(Math.abs(passed - expected) <= 1, `${passed} of ${expected} in ${seconds.toFixed(1)} s`);
  });
});

/** `[what nginx says, what is the same here]` */
const SAME: readonly (readonly [string, string])[] = [
  ['zone=one burst=5 nodelay', '{ rate: 2/s, burst: 6 }'],
  ['zone=one', '{ rate: 2/s, burst: 1 }'],
  ['zone=one burst=4', '{ rate: 2/s, burst: 1, wait: 2s }'],
  ['zone=one burst=6 delay=3', '{ rate: 2/s, burst: 4, wait: 1500ms }'],
];

describe('a limit of rate beside nginx', needs('nginx'), () => {
  for (const [theirs, ours] of SAME) {
    test(`${ours} lets as many requests pass as limit_req ${theirs} of nginx, and as soon`, async (t) => {
      const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
      const { port: listen, release } = await reservePort();
      await release();
      await using nginx = await startOriginal(
        'nginx',
        `limit_req_zone $binary_remote_addr zone=one:1m rate=2r/s;
         limit_req_status 429;
         server { listen 127.0.0.1:${listen};
           location / { limit_req ${theirs}; proxy_pass http://127.0.0.1:${endpoint}; } }`,
        listen,
      );
      const fairlead = await runLimited(t, `[{ pool: web, rateLimit: ${ours} }]`);
      const [original, here] = await Promise.all([volleys(nginx.port), volleys(fairlead.port)]);
      assert.deepEqual([original.refused === 0, here.refused === 0], [false, false]);
      assert.ok(Math.abs(original.passed - here.passed) <= 1, `${here.passed} passed, nginx let ${original.passed}`);
      assert.ok(Math.abs(original.lastMs - here.lastMs) < 400, `${here.lastMs} ms, nginx took ${original.lastMs}`);
    });
  }
});

interface Volleys {
  passed: number;
  refused: number;
  /** The longest that one took that passed. */
  lastMs: number;
}

/** Ten at once, a pause in which two more may come, and ten again. */
async function volleys(port: number): Promise<Volleys> {
  const result: Volleys = { passed: 0, refused: 0, lastMs: 0 };
  for (let volley = 0; volley < 2; volley++) {
    const begun = performance.now();
    const asked = Array.from({ length: 10 }, async () => {
      const { status } = await ask(port);
      if (status === 200) result.lastMs = Math.max(result.lastMs, performance.now() - begun);
      if (status === 200) result.passed++;
      else result.refused++;
    });
    await Promise.all(asked);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, begun + 1250 - performance.now())));
  }
  return result;
}

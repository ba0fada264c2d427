/** Hellos by the thousand, and cut anywhere, over real sockets: bounded in memory, and others are served meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { helloOfNode } from '../support/node-hello.ts';
import { openTls, requestOver, runTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const CERTIFICATE = issueCertificate({ names: ['first.example', '127.0.0.1'] });
const CLIENTS = 10_000;
const MIB = 1024 * 1024;

/** Resident memory of a process; of its own, since clients of the same process would count. */
function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

/** Clients that send this and then nothing. */
function crowd(t: TestContext, port: number, start: Buffer): { readonly closed: () => number } {
  let closed = 0;
  const sockets = Array.from({ length: CLIENTS }, () => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(start));
    return socket
      .on('error', () => {})
      .on('close', () => closed++)
      .resume();
  });
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  return { closed: () => closed };
}

describe(
  'a crowd of clients on their way into TLS',
  { skip: process.platform !== 'linux' ? 'needs /proc' : false },
  () => {
    for (const [what, cut] of [
      ['hellos that stop before their end', -1],
      ['handshakes that stop behind the hello', 0],
    ] as const) {
      it(`a crowd of 10,000 ${what} costs bounded memory, and others are served`, { timeout: 300_000 }, async (t) => {
        const folder = tempFolder(t);
        const endpoint = await startHttpServer(t, (_request, response) => response.end('{"headers":{}}'));
        const config = join(folder, 'fairlead.yaml');
        const lines = [
          'threads: 2',
          'listeners:',
          '  web: "127.0.0.1:0"',
          `  secure: { address: "127.0.0.1:0", tls: { certificates: ${writePair(folder, 'a.pem', CERTIFICATE)} } }`,
          'timeouts: { tlsHandshake: 5s }',
          `pools: { web: ["127.0.0.1:${endpoint}"] }`,
        ];
        writeFileSync(config, lines.join('\n'));
        await using fairlead = new FairleadProcess(['run', config]);
        const [plain, secure] = [await fairlead.port('web'), await fairlead.port('secure')];
        const kept = await openTls(secure);
        assert.equal((await requestOver(kept)).status, 200);
        const before = residentBytes(fairlead.pid as number);
        const hello = await helloOfNode();
        const { closed } = crowd(t, secure, hello.subarray(0, hello.length + cut));
        let most = 0;
        let slowestMs = 0;
        // Those who are in, and those of other listeners, whenever they ask.
        await until(
          async () => {
            most = Math.max(most, residentBytes(fairlead.pid as number) - before);
            const began = performance.now();
            assert.equal((await requestOver(kept)).status, 200);
            const response = await fetch(`http://127.0.0.1:${plain}/`);
            assert.equal(response.status, 200);
            await response.text();
            slowestMs = Math.max(slowestMs, performance.now() - began);
            await new Promise((resolve) => setTimeout(resolve, 50));
            return closed() === CLIENTS;
          },
          () => `${closed()} of ${CLIENTS} are closed`,
          240_000,
        );
        t.diagnostic(`${Math.round(most / MIB)} MiB more, the slowest pair of requests in ${Math.round(slowestMs)} ms`);
        // 1,024 clients of each of two threads, with what OpenSSL has for each of them.
        assert.ok(most < 320 * MIB, `${Math.round(most / MIB)} MiB`);
        const late = await openTls(secure);
        assert.equal((await requestOver(late)).status, 200);
        late.destroy();
        kept.destroy();
      });
    }

    it('a hello that is cut in two at any byte is answered', { timeout: 300_000 }, async (t) => {
      const { port } = await runTls(t, (folder) => `certificates: ${writePair(folder, 'a.pem', CERTIFICATE)}`);
      const hello = await helloOfNode();
      for (let cut = 1; cut < hello.length; cut++) {
        const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
        await once(socket, 'connect');
        await new Promise<void>((resolve) => socket.write(hello.subarray(0, cut), () => resolve()));
        await new Promise(setImmediate);
        socket.write(hello.subarray(cut));
        const [answer] = (await once(socket, 'data')) as [Buffer];
        // A handshake, and not an alert.
        assert.equal(answer[0], 0x16, `cut at ${cut}`);
        socket.destroy();
      }
    });
  },
);

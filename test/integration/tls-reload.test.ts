/** Certificates that change while they are used: nobody is cut off, and what is broken changes nothing. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it, test } from 'node:test';
import type { TestContext } from 'node:test';
import { issueCertificate } from '../support/issued-certificates.ts';
import type { Issued } from '../support/issued-certificates.ts';
import { configOf, pauseLane } from '../support/running-balancer.ts';
import { askTls, handshakesOf, openTls, requestOver, runTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const VERSIONS = Array.from({ length: 5 }, (_none, i) => {
  return issueCertificate({ names: ['a.example'], commonName: `version ${i}` });
});

function one(folder: string): string {
  return `certificates: ${writePair(folder, 'a.pem', VERSIONS[0])}`;
}

interface SecureTraffic {
  readonly done: number;
  readonly failures: string[];
  readonly subjects: Set<string>;
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Requests one after another, half of the lanes on a connection for each. */
function startTraffic(t: TestContext, port: number, lanes: number): SecureTraffic {
  const traffic = { done: 0, failures: [] as string[], subjects: new Set<string>() };
  let isStopped = false;
  t.after(() => void (isStopped = true));
  const lane = async (index: number): Promise<void> => {
    let kept = index % 2 === 0 ? await openTls(port) : null;
    while (!isStopped) {
      try {
        const { status, subject } = kept === null ? await askTls(port) : await requestOver(kept);
        if (status !== 200) traffic.failures.push(String(status));
        traffic.subjects.add(subject);
      } catch (error) {
        traffic.failures.push(String(error));
        if (kept !== null) kept = await openTls(port);
      }
      traffic.done++;
      await pauseLane();
    }
    kept?.destroy();
  };
  const running = Array.from({ length: lanes }, (_none, index) => lane(index));
  return Object.assign(traffic, {
    async more(count: number) {
      const wanted = traffic.done + count;
      await until(() => traffic.done >= wanted, `${count} more answers`);
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  });
}

for (const threads of [1, 4]) {
  test(`certificates change twenty times under load without one failed request, with ${threads} threads`, async (t) => {
    const { balancer, port, folder, config, faults } = await runTls(t, one, { threads });
    const traffic = startTraffic(t, port, 6);
    for (let round = 1; round <= 20; round++) {
      const issued = VERSIONS[round % VERSIONS.length];
      const file = writePair(folder, 'a.pem', issued);
      await balancer.reload(configOf(config(`certificates: ${file}`)));
      await traffic.more(6);
      assert.equal((await askTls(port)).subject, issued.commonName);
    }
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    assert.equal(traffic.subjects.size, VERSIONS.length);
    assert.deepEqual(faults, []);
    const { failures } = await settled(() => handshakesOf({ balancer, port, faults, changes: [] }));
    assert.deepEqual(failures, {});
  });
}

async function settled<T>(read: () => T): Promise<T> {
  let before = '';
  await until(() => {
    const now = JSON.stringify(read());
    const isSame = now === before;
    before = now;
    return isSame;
  }, 'it stands still');
  return read();
}

describe('a certificate that is replaced', () => {
  it('a certificate that is replaced stays for connections that began with it', async (t) => {
    const { balancer, port, folder, config } = await runTls(t, one);
    const kept = await openTls(port);
    await balancer.reload(configOf(config(`certificates: ${writePair(folder, 'a.pem', VERSIONS[1])}`)));
    assert.equal((await requestOver(kept)).subject, 'version 0');
    assert.equal((await askTls(port)).subject, 'version 1');
    assert.equal((await requestOver(kept)).subject, 'version 0');
    kept.destroy();
  });

  it('a certificate that is replaced by something broken stays, whatever else of the config changes', async (t) => {
    const { balancer, port, folder, config, certificateEvents } = await runTls(t, one);
    const file = writePair(folder, 'a.pem', { cert: VERSIONS[1].cert, key: VERSIONS[2].key });
    const changed = `${config(`certificates: ${file}`)}\ntrustedProxies: [10.0.0.0/8]`;
    const { summary } = await balancer.reload(configOf(changed));
    assert.match(summary, /trustedProxies changed/);
    assert.equal((await askTls(port)).subject, 'version 0');
    assert.deepEqual(
      certificateEvents.map(({ listener, change, file: of }) => [listener, change, of]),
      [['web', 'unusable', file]],
    );
    assert.match(certificateEvents[0].message, /does not belong to the certificate of version 1\. Name the key/);
    writePair(folder, 'a.pem', VERSIONS[1]);
    await balancer.reload(configOf(changed));
    assert.equal((await askTls(port)).subject, 'version 1');
    assert.equal(certificateEvents.at(-1)?.change, 'renewed');
  });

  it('a listener that is to end TLS from now on, and cannot, is refused, and everything is as it was', async (t) => {
    const { balancer, port, config, folder } = await runTls(t, one);
    const two = config(`certificates: ${folder}/a.pem`).replace(
      'listeners: { web:',
      `listeners: { other: { address: "127.0.0.1:0", tls: { certificates: ${folder}/none.pem } }, web:`,
    );
    await assert.rejects(balancer.reload(configOf(two)), {
      code: 'FL_CERTIFICATE',
      message: /^listener other: .*none\.pem/,
    });
    assert.equal(balancer.addresses().length, 1);
    assert.equal((await askTls(port)).subject, 'version 0');
  });

  it('a listener comes to end TLS, and to end it no more, without another address', async (t) => {
    const { balancer, port, config, folder } = await runTls(t, one);
    const text = config(`certificates: ${folder}/a.pem`).replace('127.0.0.1:0', `127.0.0.1:${port}`);
    await balancer.reload(configOf(text));
    const here = balancer.addresses()[0].port;
    assert.equal((await askTls(here)).subject, 'version 0');
    await balancer.reload(configOf(text.replace(/tls: \{.*?\} \} \}/, '} }')));
    const response = await fetch(`http://127.0.0.1:${here}/`);
    assert.equal(response.status, 200);
    await response.text();
    await balancer.reload(configOf(text));
    assert.equal((await askTls(here)).subject, 'version 0');
  });

  it('threads that come later have the certificates of today', async (t) => {
    const { balancer, port, folder, config } = await runTls(t, one, { threads: 2 });
    await balancer.reload(configOf(config(`certificates: ${writePair(folder, 'a.pem', VERSIONS[1])}`)));
    await balancer.replaceWorkers();
    for (let i = 0; i < 8; i++) assert.equal((await askTls(port)).subject, 'version 1');
    const more = config(`certificates: ${folder}/a.pem`).replace('threads: 2', 'threads: 4');
    await balancer.reload(configOf(more));
    for (let i = 0; i < 8; i++) assert.equal((await askTls(port)).subject, 'version 1');
  });

  it('a listener of spread: even, whose sockets come from another thread, ends TLS as well', async (t) => {
    const { port } = await runTls(t, one, { threads: 2, listener: 'spread: even,' });
    for (let i = 0; i < 4; i++) assert.equal((await askTls(port)).subject, 'version 0');
  });
});

test('a start without a usable certificate names every mistake of every listener', async (t) => {
  const keys = (folder: string): string => {
    const broken: Pick<Issued, 'cert' | 'key'> = { cert: VERSIONS[0].cert, key: VERSIONS[1].key };
    const file = writePair(folder, 'a.pem', broken);
    writeFileSync(`${folder}/b.pem`, 'nothing');
    return `certificates: [${file}, ${folder}/b.pem]`;
  };
  await assert.rejects(runTls(t, keys), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'FL_CERTIFICATE');
    assert.equal(error.message.split('\n').length, 2);
    return true;
  });
});

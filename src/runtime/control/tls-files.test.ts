import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { FakeToday } from '../../../test/support/fake-time.ts';
import { issueCertificate } from '../../../test/support/issued-certificates.ts';
import { writePair } from '../../../test/support/tls-balancer.ts';
import { until } from '../../../test/support/until.ts';
import { WATCH_MS } from '../../certificates/watch.ts';
import { toConfig } from '../../config/to-config.ts';
import type { TlsMaterials } from '../shared/tls-material.ts';
import type { ControlPlaneEvents } from './control-plane-options.ts';
import type { WorkerFault } from './reports.ts';
import { createTlsFiles } from './tls-files.ts';
import { Turns } from './turns.ts';

const LOOK_MS = 1000;

describe('the files of TLS', () => {
  it('the files of TLS are looked at again after a change that could not be taken up, which is told as a fault', async (t) => {
    const time = new FakeToday();
    const file = writePair(tempFolder(t), 'web.pem', issueCertificate({ names: ['a.example'] }));
    const config = toConfig({
      listeners: { web: { address: ':443', tls: { certificates: [file] } } },
      pools: { web: ['localhost:1'] },
    });
    const faults: WorkerFault[] = [];
    const told: TlsMaterials[] = [];
    let isBroken = false;
    const files = await createTlsFiles({
      ...{ clock: time, scheduler: time, random: { next: () => 0.5 }, getsCertificates: false, turns: new Turns() },
      events: {
        onFault: (fault) => faults.push(fault),
        onCertificate: () => {},
      } as Partial<ControlPlaneEvents> as ControlPlaneEvents,
      certify(materials) {
        if (isBroken) throw new Error('no thread can be told');
        told.push(materials);
      },
      challenge: () => Promise.resolve(),
      onPool: () => {},
    });
    t.after(() => files.close());
    files.settle(await files.load(config));
    assert.equal(told.length, 1);

    const change = async (isDone: () => boolean): Promise<void> => {
      const { cert, key } = issueCertificate({ names: ['a.example'] });
      writeFileSync(file, cert + key);
      time.advance(WATCH_MS);
      await until(() => {
        time.advance(LOOK_MS);
        return isDone();
      }, 'the change has been looked at');
    };
    isBroken = true;
    await change(() => faults.length > 0);
    assert.match(faults[0].message, /no thread can be told/);
    isBroken = false;
    await change(() => told.length > 1);
    assert.equal(faults.length, 1);
  });
});

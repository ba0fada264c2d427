import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { issueCertificate } from '../../test/support/issued-certificates.ts';
import { writePair } from '../../test/support/tls-balancer.ts';
import type { ClientCertificateInput, ListenerInput } from '../config/config-input.ts';
import { toConfig } from '../config/to-config.ts';
import { describeClients, inspectCertificates } from './inspect-certificates.ts';

const SITE = issueCertificate({ names: ['a.example', 'b.example'] });
const CA = issueCertificate({ commonName: 'Clients', isAuthority: true });

describe('the files of listeners that end TLS', () => {
  it('the files of listeners that end TLS are shown with whom clients are to have their certificates from', async (t) => {
    const folder = tempFolder(t);
    const certificates = writePair(folder, 'site.pem', SITE);
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, CA.cert);
    const listener = (port: number, clientCertificate: ClientCertificateInput | 'off'): ListenerInput<'web'> => {
      return { address: `:${port}`, tls: { certificates, clientCertificate } };
    };
    const config = toConfig({
      listeners: {
        open: listener(1, 'off'),
        all: listener(2, { ca }),
        some: listener(3, { ca, require: 'off', names: ['a.example', 'b.example'], forward: 'on' }),
      },
      pools: { web: ['localhost:1'] },
    });
    const { clients, errors, warnings } = await inspectCertificates(config, 'test.yaml');
    assert.deepEqual([errors, warnings], [[], []]);
    assert.deepEqual(describeClients(clients), [
      ['all', 'required by every name', 'of Clients', 'endpoints are not told', ca],
      ['some', 'asked for by a.example, b.example', 'of Clients', 'endpoints are told', ca],
    ]);
  });

  it('the files of listeners that end TLS are told of by the keys that name them', async (t) => {
    const folder = tempFolder(t);
    const ticketKeys = join(folder, 'tickets.key');
    writeFileSync(ticketKeys, randomBytes(47).toString('base64'), { mode: 0o600 });
    const clientCertificate = { ca: join(folder, 'none.pem'), crl: ticketKeys, names: ['c.example'] };
    const certificates = writePair(folder, 'site.pem', SITE);
    const tls = { certificates, ticketKeys, clientCertificate };
    const config = toConfig({ listeners: { web: { address: ':1', tls } }, pools: { web: ['localhost:1'] } });
    const { errors, warnings } = await inspectCertificates(config, 'test.yaml');
    assert.deepEqual(
      errors.map(({ key, message }) => [key, message.replaceAll(`${folder}/`, '')]),
      [
        ['listeners.web.tls.ticketKeys', 'tickets.key: line 1 is not 48 bytes in base64'],
        ['listeners.web.tls.clientCertificate.ca', 'none.pem: it is not there'],
        ['listeners.web.tls.clientCertificate.crl', 'tickets.key: it holds no list of revoked certificates in PEM'],
      ],
    );
    assert.match(
      warnings.join(),
      /^listener web: .*none\.pem: clients are to show a certificate under c\.example, which no/,
    );
  });
});

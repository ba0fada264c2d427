/** Names whose TLS passes through, behind an HAProxy that speaks TLS on both sides and says the name that it was asked for. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { startOriginal } from '../support/original-proxy.ts';
import { askTls, handshakesOf, openTls, runTls, writePair } from '../support/tls-balancer.ts';
import { startTlsEcho } from '../support/tls-echo.ts';
import { until } from '../support/until.ts';

const FRONT = issueCertificate({ names: ['new.example', '127.0.0.1'], commonName: 'front' });
const OLD = issueCertificate({ names: ['old.example'], commonName: 'old' });

describe(
  'names whose TLS passes through, behind HAProxy',
  { skip: findCommand('haproxy') === null ? 'needs haproxy' : false },
  () => {
    it('names go where HAProxy says by ssl_fc_sni: those that pass to their pool, the others to the routes', async (t) => {
      const echo = await startTlsEcho(t, 'old', OLD);
      const keys = (folder: string): string =>
        `certificates: ${writePair(folder, 'front.pem', FRONT)}, passthrough: { old.example: old }`;
      const balancer = await runTls(t, keys, {
        threads: 2,
        edit: (text) => text.replace('pools: { web:', `pools: { old: ["127.0.0.1:${echo.port}"], web:`),
      });
      const { port, release } = await reservePort();
      await release();
      const text = [
        'defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m',
        `listen front\n  bind 127.0.0.1:${port} ssl crt ${balancer.folder}/front.pem`,
        `  server fairlead 127.0.0.1:${balancer.port} ssl verify none sni ssl_fc_sni\n`,
      ].join('\n');
      const haproxy = await startOriginal('haproxy', text, port);
      t.after(() => haproxy[Symbol.asyncDispose]());
      for (let session = 0; session < 10; session++) {
        const socket = await openTls(port, { servername: 'old.example' });
        let heard = '';
        socket.setEncoding('latin1').on('data', (piece: string) => (heard += piece));
        await until(() => heard === 'old\n', 'the endpoint behind both says its name');
        socket.write('hello');
        await until(() => heard === 'old\nhello', 'and hears');
        socket.end();
        await once(socket, 'close');
        assert.equal((await askTls(port, { servername: 'new.example' })).status, 200);
      }
      await until(() => balancer.balancer.stats().tcp[0].sessions === 10, 'ten sessions');
      await until(() => handshakesOf(balancer).done >= 1, 'and requests beside them');
    });
  },
);

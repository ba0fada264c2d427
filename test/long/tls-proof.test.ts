/** HTTPS at the front with those who judge it: testssl.sh, wrk while certificates change, and a browser. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { WebSocketServer } from 'ws';
import { findCommand } from '../../bench/commands.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import type { Issued } from '../support/issued-certificates.ts';
import { openTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

function needs(program: string): { skip: string | false } {
  return { skip: findCommand(program) === null ? `needs ${program}` : false };
}

interface Site {
  readonly folder: string;
  readonly port: number;
  readonly fairlead: FairleadProcess;
}

/** `fairlead run` with HTTPS, certificates of both kinds of key, and an endpoint. */
async function startSite(t: TestContext, endpointPort: number, certificates: readonly Issued[]): Promise<Site> {
  const folder = tempFolder(t);
  const files = certificates.map((issued, index) => writePair(folder, `site-${index}.pem`, issued));
  const config = join(folder, 'fairlead.yaml');
  await writeFile(
    config,
    `threads: 2
listeners: { web: { address: "127.0.0.1:0", tls: { certificates: [${files.join(', ')}] } } }
pools: { web: ["127.0.0.1:${endpointPort}"] }
`,
  );
  const fairlead = new FairleadProcess(['run', '-c', config]);
  t.after(() => fairlead[Symbol.asyncDispose]());
  return { folder, fairlead, port: await fairlead.port() };
}

const NAMES = ['site.example', '127.0.0.1'];

interface TestsslFinding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

describe('HTTPS before testssl.sh', needs('testssl'), () => {
  test('testssl.sh finds nothing wrong with versions, renegotiation, ciphers, forward secrecy and what each version offers', async (t) => {
    const endpoint = await startHttpServer(t, (_request, response) => response.end('hello'));
    const keys = (['ec', 'rsa'] as const).map((key) => issueCertificate({ names: NAMES, key }));
    const { folder, port } = await startSite(t, endpoint, keys);
    const results = join(folder, 'testssl.json');
    const options = ['--quiet', '--color', '0', '--warnings', 'off', '--jsonfile', results];
    // It ends with the number of its findings.
    const { stdout } = await run('testssl', [...options, '-p', '-R', '-s', '-f', '-E', `127.0.0.1:${port}`], {
      maxBuffer: 1 << 24,
    }).catch((error: { stdout: string }) => error);
    assert.doesNotMatch(stdout, /NOT ok/i, stdout);
    // Whatever the version of testssl.sh calls it.
    for (const good of [/TLS 1\.2 +offered \(OK\)/, /TLS 1\.3 +offered \(OK\)/, /FS is offered \(OK\)/])
      assert.match(stdout, good);
    assert.match(stdout, /Client-Initiated Renegotiation +not vulnerable \(OK\)/);
    const findings = JSON.parse(await readFile(results, 'utf8')) as TestsslFinding[];
    assert.deepEqual(
      findings.filter(({ severity }) => /LOW|MEDIUM|HIGH|CRITICAL|FATAL/.test(severity)),
      [],
    );
  });
});

/** What wrk says went wrong; `''`: nothing. */
async function load(port: number, seconds: number, headers: readonly string[]): Promise<string> {
  const lines = headers.flatMap((line) => ['-H', line]);
  const { stdout } = await run('wrk', [
    '-t1',
    '-c16',
    `-d${seconds}s`,
    '--timeout=5s',
    ...lines,
    `https://127.0.0.1:${port}/`,
  ]);
  assert.match(stdout, /\b[1-9]\d* requests in /);
  return stdout
    .split('\n')
    .filter((line) => /Socket errors|Non-2xx/.test(line))
    .join('\n');
}

async function subjectOf(port: number): Promise<string> {
  const socket = await openTls(port);
  const subject = socket.getPeerX509Certificate()?.subject ?? '';
  socket.destroy();
  return subject;
}

describe('HTTPS while certificates change', needs('wrk'), () => {
  test('no client of wrk meets an error while the certificate is renewed 20 times, on old connections and on new ones', async (t) => {
    const endpoint = await startHttpServer(t, (_request, response) => response.end('hello'));
    const { folder, fairlead, port } = await startSite(t, endpoint, [issueCertificate({ names: NAMES })]);
    const loads = Promise.all([load(port, 30, []), load(port, 30, ['Connection: close'])]);
    for (let renewal = 1; renewal <= 20; renewal++) {
      writePair(folder, 'site-0.pem', issueCertificate({ names: NAMES, commonName: `renewal ${renewal}` }));
      fairlead.kill('SIGHUP');
      await until(async () => (await subjectOf(port)) === `CN=renewal ${renewal}`, `renewal ${renewal} is served`);
    }
    assert.deepEqual(await loads, ['', '']);
  });
});

/** Asks for what a page asks for, and says what came. */
const PAGE = `<!doctype html><title>site</title><script>
  const asked = Array.from({ length: 12 }, (_, i) => fetch('/large?' + i).then((answer) => answer.arrayBuffer()));
  const sizes = Promise.all(asked).then((bodies) => bodies.map((body) => body.byteLength));
  const echo = new Promise((resolve, reject) => {
    const socket = new WebSocket('wss://' + location.host + '/ws');
    socket.onopen = () => socket.send('hello');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => reject(new Error('the WebSocket failed'));
  });
  Promise.all([sizes, echo])
    .then(([bodies, echoed]) => ({ bodies: bodies.length, bytes: Math.min(...bodies), echoed, isSecure: isSecureContext }))
    .catch((error) => ({ error: String(error) }))
    .then((report) => fetch('/report', { method: 'POST', body: JSON.stringify(report) }));
</script>`;
const LARGE = Buffer.alloc(1_000_000, 'x');

describe('HTTPS before a browser', needs('chromium'), () => {
  test('Chromium shows a page over HTTPS, with large answers at the same time and a WebSocket', async (t) => {
    const reports: string[] = [];
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/large') === true) return response.end(LARGE);
      if (request.url !== '/report') return response.setHeader('content-type', 'text/html').end(PAGE);
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        reports.push(text);
        response.end();
      });
    });
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.on('message', (data: Buffer) => socket.send(data.toString())),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.closeAllConnections());
    t.after(() => server.close());
    const issued = issueCertificate({ names: NAMES });
    const { port } = await startSite(t, (server.address() as { port: number }).port, [issued]);
    const profile = await mkdtemp(join(tmpdir(), 'fairlead-chromium-'));
    // What it started may write there for a moment longer.
    t.after(() => rm(profile, { recursive: true, force: true, maxRetries: 20 }));
    const browser = spawn(
      findCommand('chromium') ?? '',
      chromiumArgs(profile, issued, `https://site.example:${port}/`),
      {
        stdio: 'ignore',
      },
    );
    const ended = new Promise((resolve) => browser.once('close', resolve));
    try {
      await until(() => reports.length > 0, 'the page has reported', 60_000);
    } finally {
      browser.kill('SIGKILL');
      await ended;
    }
    const expected = { bodies: 12, bytes: LARGE.length, echoed: 'hello', isSecure: true };
    assert.deepEqual(JSON.parse(reports[0]), expected);
  });
});

/** Every name is this machine, and the one certificate is trusted. */
function chromiumArgs(profile: string, { cert }: Issued, url: string): string[] {
  const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return [
    ...['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    '--disable-component-update',
    `--user-data-dir=${profile}`,
    '--host-resolver-rules=MAP * 127.0.0.1',
    `--ignore-certificate-errors-spki-list=${createHash('sha256').update(publicKey).digest('base64')}`,
    url,
  ];
}

/** Header lines on their way through: what is added, what is dropped, whom is believed. */
import assert from 'node:assert/strict';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';

const mirror = answering((head) => ok(head));
const DATE = /\r\nDate: (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [^\r]+ GMT\r\n/;

async function seen(peer: RawPeer, request: string): Promise<string> {
  await peer.send(request);
  return (await readResponse(peer)).body;
}

function value(head: string, name: string): string | null {
  return new RegExp(`\\r\\n${name}: ([^\\r]*)\\r\\n`, 'i').exec(head)?.[1] ?? null;
}

const CLAIMS =
  'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\nForwarded: for=6.6.6.6\r\n';

proxied('what a stranger says of earlier hops is replaced', {}, mirror, async ({ client, plane }) => {
  const head = await seen(await client(), get('/', CLAIMS));
  assert.equal(value(head, 'X-Forwarded-For'), '127.0.0.1');
  assert.equal(value(head, 'X-Forwarded-Proto'), 'http');
  assert.equal(value(head, 'X-Forwarded-Host'), 'a');
  assert.equal(value(head, 'X-Forwarded-Port'), String(plane.port));
  assert.doesNotMatch(head, /6\.6\.6\.6|evil/);
  assert.doesNotMatch(head, /\r\nForwarded:/i);
});

proxied(
  'a trusted proxy is believed, and our hop is appended',
  { trustedProxies: ['127.0.0.0/8'], headers: { forwarded: true } },
  mirror,
  async ({ client }) => {
    const head = await seen(await client(), get('/', CLAIMS));
    assert.equal(value(head, 'X-Forwarded-For'), '6.6.6.6, 7.7.7.7, 127.0.0.1');
    assert.equal(value(head, 'X-Forwarded-Proto'), 'https');
    assert.equal(value(head, 'X-Forwarded-Host'), 'evil');
    assert.equal(value(head, 'X-Forwarded-Port'), '1');
    assert.equal(value(head, 'Forwarded'), 'for=6.6.6.6, for=127.0.0.1;proto=http;host="a"');
  },
);

const FAMILY =
  'X-Forwarded-Prefix: /evil\r\nx-forwarded-ssl: on\r\nX-Forwarded-Scheme: evil\r\nX-Forwarded-Server: evil\r\nX-Forwarded-: evil\r\n';
const UNDERSCORED =
  'X_Forwarded_For: 6.6.6.6\r\nx-forwarded_proto: evil\r\nX_Forwarded-Prefix: evil\r\nX_Request_Id: evil\r\nContent_Length: 6\r\nTransfer_Encoding: evil\r\nKeep_Alive: evil\r\n';
const OWN = 'X_Own: 1\r\nX-Forward: 2\r\nForwarded_By: 3\r\n';

proxied(
  'of a stranger the whole family X-Forwarded-* goes, and whatever is one of ours once _ is read as -',
  {},
  mirror,
  async ({ client }) => {
    const peer = await client();
    const head = await seen(peer, get('/', FAMILY + UNDERSCORED + OWN));
    assert.doesNotMatch(head, /evil|6\.6\.6\.6|ssl|_length/i);
    assert.deepEqual(
      ['X_Own', 'X-Forward', 'Forwarded_By'].map((name) => value(head, name)),
      ['1', '2', '3'],
    );
    await peer.send(get('/', 'X-Forwarded-a b: 1\r\n'));
    assert.equal((await readResponse(peer)).status, 400);
  },
);

proxied(
  'a trusted proxy may say more of X-Forwarded-*, but not with underscores',
  { trustedProxies: ['127.0.0.1'] },
  mirror,
  async ({ client }) => {
    const head = await seen(await client(), get('/', `${FAMILY}${UNDERSCORED}Connection: X-Forwarded-Prefix\r\n`));
    assert.equal(value(head, 'X-Forwarded-Prefix'), '/evil');
    assert.equal(value(head, 'X-Forwarded-Ssl'), 'on');
    assert.doesNotMatch(head, /_/);
  },
);

proxied(
  'with underscores: allow on its listener names with underscores pass as they came',
  { listener: { underscores: 'allow' } },
  mirror,
  async ({ client }) => {
    const head = await seen(await client(), get('/', FAMILY + UNDERSCORED));
    for (const line of UNDERSCORED.split('\r\n')) assert.ok(head.includes(line), line);
    assert.doesNotMatch(head, /\r\nx-forwarded-(?:ssl|prefix):/i);
  },
);

proxied(
  'behind a trusted proxy the port is that of the host it says, else that of the protocol, and Forwarded agrees',
  { trustedProxies: ['127.0.0.1'], headers: { forwarded: true } },
  mirror,
  async ({ client, plane }) => {
    const peer = await client();
    const own = `for=127.0.0.1;proto=http;host="a"`;
    for (const [claims, port, forwarded] of [
      ['', String(plane.port), own],
      ['X-Forwarded-Proto: https\r\n', '443', 'for=127.0.0.1;proto=https;host="a"'],
      ['X-Forwarded-Host: b\r\n', '80', 'for=127.0.0.1;proto=http;host="b"'],
      [
        'X-Forwarded-Proto: https\r\nX-Forwarded-Host: b:8443, c\r\n',
        '8443',
        'for=127.0.0.1;proto=https;host="b:8443"',
      ],
      [
        'X-Forwarded-Proto: https, http\r\nX-Forwarded-Host: [::1]\r\n',
        '443',
        'for=127.0.0.1;proto=https;host="[::1]"',
      ],
      ['X-Forwarded-Proto: https\r\nX-Forwarded-Port: 81\r\n', '81', 'for=127.0.0.1;proto=https;host="a:81"'],
      [
        'X-Forwarded-For: 192.0.2.1, 2001:db8::1, 192.0.2.2:99, a"b\r\nX-Forwarded-Proto: https\r\n',
        '443',
        `for=192.0.2.1;proto=https;host="a", for="[2001:db8::1]", for="192.0.2.2:99", for=unknown, ${own}`,
      ],
      ['X-Forwarded-Proto: https\r\nForwarded: for=192.0.2.1\r\n', '443', `for=192.0.2.1, ${own}`],
    ] as const) {
      const head = await seen(peer, get('/', claims));
      assert.equal(value(head, 'X-Forwarded-Port'), port, claims);
      assert.equal(value(head, 'Forwarded'), forwarded, claims);
    }
  },
);

proxied(
  'Forwarded is ours alone for a stranger, and Via can be switched off',
  { headers: { forwarded: true, via: false } },
  mirror,
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/', CLAIMS));
    const { head, body } = await readResponse(peer);
    assert.equal(value(body, 'Forwarded'), 'for=127.0.0.1;proto=http;host="a"');
    assert.equal(value(body, 'Via'), null);
    assert.equal(value(head, 'Via'), null);
  },
);

proxied(
  'Via names the version of the hop before us, in both directions, and is added to what is there',
  {},
  answering((head) =>
    head.startsWith('GET /old')
      ? `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: ${head.length}\r\n\r\n${head}`
      : ok(head, 'Via: 1.1 inner\r\n'),
  ),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/', 'Via: 1.1 outer\r\n'));
    const now = await readResponse(peer);
    assert.match(now.body, /\r\nVia: 1\.1 outer\r\n[^]*\r\nVia: 1\.1 fairlead\r\n/);
    assert.match(now.head, /\r\nVia: 1\.1 inner\r\n[^]*Via: 1\.1 fairlead\r\n/);
    await peer.send(get('/old'));
    assert.equal(value((await readResponse(peer)).head, 'Via'), '1.0 fairlead');
    const old = await client();
    await old.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.match(await old.readAll(), /\r\nVia: 1\.0 fairlead\r\n/);
  },
);

proxied('X-Request-Id passes where it is valid, and is made where it is not', {}, mirror, async ({ client }) => {
  const peer = await client();
  const id = async (more: string): Promise<string | null> => value(await seen(peer, get('/', more)), 'X-Request-Id');
  assert.equal(await id('X-Request-Id: abc-123\r\n'), 'abc-123');
  const made = [
    await id(''),
    await id(''),
    await id('X-Request-Id: a b\r\n'),
    await id('X-Request-Id: a\r\nX-Request-Id: b\r\n'),
    await id(`X-Request-Id: ${'a'.repeat(129)}\r\n`),
    await id('X-Request-Id: abc\r\nConnection: X-Request-Id\r\n'),
  ];
  for (const one of made) assert.match(one ?? '', /^[0-9a-f]{16}-[0-9a-z]+$/);
  assert.equal(new Set(made).size, made.length);
});

proxied(
  'hop-by-hop lines go, the Connection list with them, and what must not be named away stays',
  {},
  mirror,
  async ({ client }) => {
    const peer = await client();
    const head = await seen(
      peer,
      get(
        '/',
        'Connection: close, X-Gone, Cookie, Authorization, Via, X-Forwarded-For, Host\r\nX-Gone: 1\r\nCookie: c=1\r\nAuthorization: Basic x\r\nVia: 1.1 outer\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers, gzip\r\nTraceparent: 00-1-2-01\r\n',
      ),
    );
    assert.doesNotMatch(head, /x-gone|keep-alive|proxy-connection|gzip/i);
    assert.equal(value(head, 'Cookie'), 'c=1');
    assert.equal(value(head, 'Authorization'), 'Basic x');
    assert.equal(value(head, 'X-Forwarded-For'), '127.0.0.1');
    assert.equal(value(head, 'Traceparent'), '00-1-2-01');
    assert.equal(value(head, 'TE'), 'trailers');
    assert.equal(value(head, 'Connection'), 'TE');
    assert.equal(value(head, 'Host'), 'a');
    assert.equal(await peer.readAll(), '');
  },
);

proxied(
  'hop-by-hop lines of an answer go as well, and a Date is added where there is none',
  {},
  answering((head) =>
    head.startsWith('GET /dated')
      ? ok('x', 'Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nX-Kept: 1\r\n')
      : 'HTTP/1.1 200 \r\nContent-Length: 1\r\nX-Kept: 1\r\n\r\nx',
  ),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/dated'));
    const dated = await readResponse(peer);
    assert.doesNotMatch(dated.head, /x-hop|keep-alive|proxy-auth|connection/i);
    assert.match(dated.head, /\r\nX-Kept: 1\r\n/);
    assert.equal(dated.head.match(/\r\nDate:/g)?.length, 1);
    await peer.send(get('/undated'));
    assert.match((await readResponse(peer)).head, DATE);
  },
);

for (const [host, expected] of [
  ['client', 'A.example:80'],
  ['endpoint', null],
  [{ name: 'inner.example' }, 'inner.example'],
] as const) {
  proxied(
    `the endpoint gets the Host the pool says: ${JSON.stringify(host)}`,
    { pool: { host } },
    mirror,
    async ({ client, servers }) => {
      const own = `127.0.0.1:${servers[0].port}`;
      const peer = await client();
      const head = await seen(peer, get('/').replace('Host: a', 'Host: A.example:80'));
      assert.equal(value(head, 'Host'), expected ?? own);
      assert.equal(value(head, 'X-Forwarded-Host'), 'A.example:80');
      assert.equal(head.match(/\r\nHost:/gi)?.length, 1);
      const old = await client();
      await old.send('GET / HTTP/1.0\r\n\r\n');
      const nameless = await old.readAll();
      assert.match(nameless, new RegExp(`\\r\\nHost: ${host === 'client' ? own : (expected ?? own)}\\r\\n`));
      assert.doesNotMatch(nameless, /X-Forwarded-Host/);
    },
  );
}

proxied(
  'Forwarded of a trusted proxy passes as it came where we add none',
  { trustedProxies: ['127.0.0.0/8'] },
  mirror,
  async ({ client }) => {
    const head = await seen(await client(), get('/', CLAIMS));
    assert.equal(value(head, 'Forwarded'), 'for=6.6.6.6');
  },
);

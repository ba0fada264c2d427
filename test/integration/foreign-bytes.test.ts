/**
 * No client ever gets bytes of another's answer. Endpoints misbehave in every way they can: they answer twice, too
 * long, too short, late, out of turn, before the request. (Bytes that arrive on a connection once its next request is
 * under way are an answer to that request, as far as HTTP/1.1 can say.) Every client checks that what it gets is its own answer,
 * an error of ours, or visibly broken.
 */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { EJECTION, startPlane } from '../support/data-plane.ts';
import { END_OF_HEAD, get, proxied } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

/** In one segment, so that what is too much comes with the end of the answer. */
function sendWhole(peer: RawPeer, text: string): void {
  peer.socket.write(text, 'latin1');
}

type Mischief = (peer: RawPeer, token: string) => Promise<void> | void;

function answer(token: string, length = token.length): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${token}`;
}

const MISCHIEF: Readonly<Record<string, Mischief>> = {
  honest: (peer, token) => peer.send(answer(token)),
  'answers twice': (peer, token) => sendWhole(peer, answer(token) + answer('FOREIGN')),
  'sends more than it said': (peer, token) => sendWhole(peer, `${answer(token)}FOREIGN`),
  'sends less than it said and closes': async (peer, token) => {
    await peer.send(answer(token.slice(0, 3), token.length));
    peer.end();
  },
  'sends less than it said and resets': async (peer, token) => {
    await peer.send(answer(token.slice(0, 3), token.length));
    peer.reset();
  },
  'cuts a chunked answer': async (peer, token) => {
    await peer.send(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${token.length.toString(16)}\r\n${token}\r\n`,
    );
    peer.end();
  },
  'sends bytes after the last chunk': (peer, token) =>
    sendWhole(
      peer,
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${token.length.toString(16)}\r\n${token}\r\n0\r\n\r\nFOREIGN`,
    ),
  'answers a HEAD it never got': (peer, token) => sendWhole(peer, `HTTP/1.1 204 No Content\r\n\r\n${answer(token)}`),
  'upgrades unasked': (peer) =>
    peer.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nFOREIGN'),
  'hangs up': (peer) => peer.end(),
};

const KINDS = Object.keys(MISCHIEF);

proxied(
  'clients get their own answers or errors, whatever the endpoints do',
  { endpoints: 3, pool: { ejection: { ...EJECTION, enabled: false } } },
  async (peer, endpoint) => {
    for (let index = 0; ; index++) {
      const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (head === '') return;
      const token = /^GET \/(\S+)/.exec(head)?.[1] ?? '';
      const kind =
        KINDS[(index * 7 + endpoint * 5 + token.length + Number(token.slice(1).replace(/\D/g, ''))) % KINDS.length];
      await MISCHIEF[kind](peer, token);
    }
  },
  async ({ client, net }) => {
    const rounds = net.segmentation === 'whole' ? 40 : 12;
    const outcomes = { own: 0, fault: 0, broken: 0 };
    const one = async (id: number): Promise<void> => {
      let peer = await client();
      for (let round = 0; round < rounds; round++) {
        const token = `c${id}r${round}${'x'.repeat(round % 5)}`;
        await peer.send(get(`/${token}`));
        const outcome = await read(peer, token);
        outcomes[outcome]++;
        if (outcome === 'broken' || peer.state !== 'open') peer = await client();
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, id) => one(id)));
    assert.ok(outcomes.own > 0 && outcomes.fault > 0 && outcomes.broken > 0, JSON.stringify(outcomes));
  },
);

proxied(
  'an answer that comes late, or before there is a request, closes the idle connection and reaches nobody',
  {},
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    await peer.send(answer(/^GET \/(\S+)/.exec(head)?.[1] ?? ''));
  },
  async ({ client, servers }) => {
    for (let round = 0; round < 5; round++) {
      const peer = await client();
      await peer.send(get(`/r${round}`));
      assert.equal(await read(peer, `r${round}`), 'own');
      // Nothing but the idle time stands between these bytes and the next client, were they kept.
      const idle = servers[0].peers[servers[0].peers.length - 1];
      await idle.send(answer('FOREIGN'));
      await idle.closed;
    }
    assert.equal(servers[0].peers.length, 5);
  },
);

proxied(
  'an answer in the middle of an upload belongs to that upload, and what follows it to nobody',
  {},
  async (peer) => {
    for (;;) {
      const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (head === '') return;
      const token = /^\S+ \/(\S+)/.exec(head)?.[1] ?? '';
      if (head.startsWith('POST')) sendWhole(peer, answer(token) + answer('FOREIGN'));
      else await peer.send(answer(token));
    }
  },
  async ({ client }) => {
    for (let round = 0; round < 5; round++) {
      const upload = await client();
      await upload.send(`POST /u${round} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf`);
      assert.equal(await read(upload, `u${round}`), 'own');
      const other = await client();
      await other.send(get(`/o${round}`));
      assert.equal(await read(other, `o${round}`), 'own');
    }
  },
);

/** Reads one answer; fails on a single byte that is not this client's. */
async function read(peer: RawPeer, token: string): Promise<'own' | 'fault' | 'broken'> {
  let seen = '';
  try {
    const head = await peer.readUntil(END_OF_HEAD);
    seen = head;
    const status = Number(head.slice(9, 12));
    if (status === 204) return 'own';
    const body = await readBody(peer, head);
    seen += body;
    if (status !== 200) {
      assert.match(head, /\r\nFairlead-Error: /);
      return 'fault';
    }
    assert.equal(body, token);
    return 'own';
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.doesNotMatch(seen + peer.buffered.toString('latin1'), /FOREIGN/);
    return 'broken';
  }
}

async function readBody(peer: RawPeer, head: string): Promise<string> {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length !== null) return peer.readBytes(Number(length[1]));
  let body = '';
  for (;;) {
    const size = Number.parseInt(await peer.readUntil('\r\n'), 16);
    const data = await peer.readBytes(size + 2);
    if (size === 0) return body;
    body += data.slice(0, -2);
  }
}

test('bytes that came behind an answer while its client was slow reach nobody', { timeout: 30_000 }, async () => {
  const size = 8 * 1024 * 1024;
  const endpoint = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const token = /^GET \/(\S+)/.exec(bytes.toString('latin1'))?.[1] ?? '';
      if (token !== 'big') {
        socket.write(answer(token));
        return;
      }
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size), () => socket.write(answer('FOREIGN')));
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ ports: [(endpoint.address() as net.AddressInfo).port] });
  try {
    for (let round = 0; round < 5; round++) {
      const slow = net.connect({ port: plane.port, host: '127.0.0.1' });
      slow.pause();
      slow.write(get('/big'));
      await until(() => plane.plane.exchanges === 1, 'the answer begins');
      let got = 0;
      slow.on('data', (bytes) => (got += bytes.length));
      slow.resume();
      await until(() => got >= size && plane.plane.exchanges === 0, 'the answer ends');
      const other = net.connect({ port: plane.port, host: '127.0.0.1' });
      let text = '';
      other.on('data', (bytes) => (text += bytes.toString('latin1')));
      other.write(get(`/r${round}`));
      await until(
        () => text.includes('\r\n\r\n') && text.includes(`r${round}`),
        () => `its own answer: ${text}`,
      );
      assert.doesNotMatch(text, /FOREIGN/);
      slow.destroy();
      other.destroy();
    }
  } finally {
    endpoint.close();
    await plane.close();
  }
});

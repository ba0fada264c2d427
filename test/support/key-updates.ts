/** A client of TLS 1.3 that writes records by itself: those that change its keys and say nothing (RFC 8446 4.6.3). */
import { createCipheriv, createHmac } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
/** KeyUpdate, and the other side is to change its keys as well. */
const KEY_UPDATE = Buffer.from([24, 0, 0, 1, 1]);
const TAG_BYTES = 16;

export interface UpdatingClient {
  readonly raw: net.Socket;
  /** The next KeyUpdate, filled up with so many zeros. Each is encrypted with another key. */
  nextRecord(padding: number): Buffer;
}

/** A connection whose handshake is done; nothing else may be written over it. */
export async function connectUpdating(port: number): Promise<UpdatingClient> {
  const raw = net.connect(port, '127.0.0.1');
  await once(raw, 'connect');
  const client = tls.connect({
    socket: raw,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
  });
  client.on('error', () => {});
  let secret: Buffer = Buffer.alloc(0);
  client.on('keylog', (line: Buffer) => {
    const found = /^CLIENT_TRAFFIC_SECRET_0 \S+ (\S+)/.exec(line.toString('latin1'));
    if (found !== null) secret = Buffer.from(found[1], 'hex');
  });
  await once(client, 'secureConnect');
  client.resume();
  return {
    raw,
    nextRecord(padding) {
      const record = encrypt(secret, Buffer.concat([KEY_UPDATE, Buffer.from([HANDSHAKE]), Buffer.alloc(padding)]));
      secret = expand(secret, 'traffic upd', 32);
      return record;
    },
  };
}

/** The first record under this secret. */
function encrypt(secret: Buffer, content: Buffer): Buffer {
  const length = content.length + TAG_BYTES;
  const header = Buffer.from([APPLICATION_DATA, 3, 3, length >> 8, length & 255]);
  const cipher = createCipheriv('aes-128-gcm', expand(secret, 'key', 16), expand(secret, 'iv', 12));
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** HKDF-Expand-Label (RFC 8446 7.1) without a context. */
function expand(secret: Buffer, label: string, bytes: number): Buffer {
  const full = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, bytes, full.length]), full, Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, bytes);
}

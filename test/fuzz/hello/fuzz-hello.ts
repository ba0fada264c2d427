/**
 * Mutated ClientHellos: whatever comes, the reader does not throw, decides by the bytes alone (whole, byte by byte and cut
 * at random), and agrees with a parser that is written otherwise: from the grammar of the RFCs, with exceptions.
 */
import { UNBOUNDED_MEMORY } from '../../../src/core/kept-memory.ts';
import { createSeededRandom } from '../../../src/core/random.ts';
import type { Random } from '../../../src/core/random.ts';
import { USE_REQUEST } from '../../../src/core/shared/memory-table.ts';
import type { ClientHello } from '../../../src/net/client-hello.ts';
import { HelloReader, MOST_HELLO_BYTES } from '../../../src/net/hello-reader.ts';
import type { HelloVerdict } from '../../../src/net/hello-reader.ts';
import { KeptBytes } from '../../../src/net/kept-bytes.ts';
import {
  extension,
  helloOf,
  preSharedKey,
  protocols,
  recordsOf,
  serverName,
  versions,
} from '../../support/client-hello.ts';

export interface HelloFuzzReport {
  readonly runs: number;
  readonly verdicts: Readonly<Record<HelloVerdict, number>>;
  /** The first one; null: none. */
  readonly disagreement: string | null;
}

interface Reading {
  readonly verdict: HelloVerdict;
  readonly hello: ClientHello | null;
}

export function fuzzHellos(runs: number, seed: number): HelloFuzzReport {
  const random = createSeededRandom(seed);
  const verdicts = { more: 0, done: 0, 'not-tls': 0, bad: 0, 'no-memory': 0 };
  for (let run = 0; run < runs; run++) {
    const bytes = mutate(generate(random), random);
    const expected = referenceOf(bytes);
    verdicts[expected.verdict]++;
    const readings = {
      whole: read(bytes, () => bytes.length),
      'byte by byte': read(bytes, () => 1),
      'cut at random': read(bytes, () => 1 + below(random, 40)),
    };
    for (const [how, reading] of Object.entries(readings)) {
      if (JSON.stringify(reading) === JSON.stringify(expected)) continue;
      const what = `${how}: ${JSON.stringify(reading)}\nreference: ${JSON.stringify(expected)}`;
      const disagreement = `run ${run} of seed ${seed}\n${what}\n${bytes.toString('hex')}`;
      return { runs: run + 1, verdicts, disagreement };
    }
  }
  return { runs, verdicts, disagreement: null };
}

function read(bytes: Buffer, length: () => number): Reading {
  const reader = new HelloReader(new KeptBytes(UNBOUNDED_MEMORY, USE_REQUEST));
  let verdict: HelloVerdict = 'more';
  for (let at = 0; at < bytes.length && verdict === 'more';) {
    const end = Math.min(bytes.length, at + length());
    verdict = reader.take(bytes, at, end);
    at = end;
  }
  return { verdict, hello: verdict === 'done' ? { ...(reader.hello as ClientHello) } : null };
}

// ——— what comes

const NAMES = ['a.example', 'A.Example', 'a', '', 'a..b', 'x_y', 'a b', 'xn--a-0qa.example', 'a'.repeat(64)];
const PROTOCOLS = ['h2', 'http/1.1', '', 'acme-tls/1'];

function generate(random: Random): Buffer {
  const one = <T>(items: readonly T[]): T => items[below(random, items.length)];
  const bytes = (most: number): Buffer => Buffer.alloc(below(random, most + 1), below(random, 256));
  const makers: readonly (() => Buffer)[] = [
    () => serverName(...Array.from({ length: one([1, 1, 1, 0, 2]) }, () => one(NAMES))),
    () => protocols(...Array.from({ length: below(random, 3) }, () => one(PROTOCOLS))),
    () => versions(...Array.from({ length: below(random, 4) }, () => one([0x0304, 0x0303, 0x2a2a]))),
    () => preSharedKey(bytes(40)),
    () => extension(35, bytes(40)),
    () => extension(0xfe0d, bytes(9)),
    () => extension(one([10, 11, 13, 21, 51, 0x3a3a]), bytes(30)),
  ];
  const extensions = Array.from({ length: below(random, 7) }, () => one(makers)());
  return helloOf({
    session: bytes(34),
    ...(random.next() < 0.1 ? { ciphers: bytes(5) } : {}),
    ...(random.next() < 0.1 ? { compressions: bytes(2) } : {}),
    extensions: random.next() < 0.05 ? null : extensions,
    fragmentBytes: one([Infinity, Infinity, 1, 3, 50]),
    rest: random.next() < 0.05 ? bytes(2) : Buffer.alloc(0),
  });
}

function mutate(hello: Buffer, random: Random): Buffer {
  const kind = random.next();
  const at = below(random, hello.length);
  if (kind < 0.3) return hello;
  if (kind < 0.4) return hello.subarray(0, at);
  if (kind < 0.45) return Buffer.concat([hello, Buffer.alloc(1 + below(random, 9), below(random, 256))]);
  if (kind < 0.5) return Buffer.concat([hello.subarray(0, at), Buffer.from([below(random, 256)]), hello.subarray(at)]);
  if (kind < 0.55) return Buffer.concat([hello.subarray(0, at), hello.subarray(at + 1)]);
  if (kind < 0.56)
    return recordsOf(Buffer.concat([Buffer.from([1, 0, 0x3f, below(random, 256)]), Buffer.alloc(16_400)]));
  const changed = Buffer.from(hello);
  for (let i = below(random, 3); i >= 0; i--) changed[below(random, changed.length)] = below(random, 256);
  return changed;
}

function below(random: Random, most: number): number {
  return Math.floor(random.next() * most);
}

// ——— the reference

class Broken extends Error {}
class Short extends Error {}

/** By the grammar, over all bytes at once. */
function referenceOf(bytes: Buffer): Reading {
  if (bytes.length > 0 && bytes[0] !== 22) return { verdict: 'not-tls', hello: null };
  try {
    const message: number[] = [];
    let at = 0;
    let wanted = 4;
    while (message.length < wanted) {
      const byteAt = (index: number): number => {
        if (index >= MOST_HELLO_BYTES) throw new Broken();
        if (index >= bytes.length) throw new Short();
        return bytes[index];
      };
      if (byteAt(at) !== 22 || byteAt(at + 1) !== 3) throw new Broken();
      byteAt(at + 2);
      const size = byteAt(at + 3) * 256 + byteAt(at + 4);
      if (size < 1 || size > 16_384) throw new Broken();
      for (let i = 0; i < size && message.length < wanted; i++) {
        message.push(byteAt(at + 5 + i));
        if (message.length === 4) {
          wanted = 4 + message[1] * 65_536 + message[2] * 256 + message[3];
          if (message[0] !== 1 || wanted > MOST_HELLO_BYTES) throw new Broken();
        }
      }
      at += 5 + size;
    }
    return { verdict: 'done', hello: helloIn(message.slice(4)) };
  } catch (error) {
    if (error instanceof Short && bytes.length < MOST_HELLO_BYTES) return { verdict: 'more', hello: null };
    if (error instanceof Broken || error instanceof Short) return { verdict: 'bad', hello: null };
    throw error;
  }
}

function helloIn(body: number[]): ClientHello {
  const take = (from: number[], count: number): number[] => {
    if (from.length < count) throw new Broken();
    return from.splice(0, count);
  };
  const int = (from: number[], count: number): number => take(from, count).reduce((sum, byte) => sum * 256 + byte, 0);
  const opaque = (from: number[], count: number): number[] => take(from, int(from, count));
  const all = (from: number[]): void => {
    if (from.length > 0) throw new Broken();
  };
  const some = (from: number[]): number[] => {
    if (from.length === 0) throw new Broken();
    return from;
  };
  const text = (from: number[]): string => String.fromCharCode(...from);
  const version = int(body, 2);
  take(body, 32);
  if (opaque(body, 1).length > 32) throw new Broken();
  if (some(opaque(body, 2)).length % 2 === 1) throw new Broken();
  some(opaque(body, 1));
  const hello = {
    serverName: '',
    alpn: [] as string[],
    versions: [version],
    ticketKeyName: '',
    hasEncryptedHello: false,
  };
  if (body.length === 0) return hello;
  const extensions = opaque(body, 2);
  all(body);
  const seen: number[] = [];
  while (extensions.length > 0) {
    const type = int(extensions, 2);
    const data = opaque(extensions, 2);
    if (seen.includes(type)) throw new Broken();
    seen.push(type);
    const keyName = (from: number[]): string =>
      from.length < 16 ? '' : Buffer.from(from.slice(0, 16)).toString('hex');
    if (type === 0) {
      const list = opaque(data, 2);
      all(data);
      if (int(list, 1) !== 0) throw new Broken();
      const name = text(opaque(list, 2)).toLowerCase();
      all(list);
      const isName = name.length < 256 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
      if (!isName) throw new Broken();
      hello.serverName = name;
    } else if (type === 16) {
      const list = some(opaque(data, 2));
      all(data);
      while (list.length > 0) hello.alpn.push(text(some(opaque(list, 1))));
    } else if (type === 43) {
      const list = some(opaque(data, 1));
      all(data);
      hello.versions = [];
      while (list.length > 0) hello.versions.push(int(list, 2));
    } else if (type === 35) {
      if (hello.ticketKeyName === '') hello.ticketKeyName = keyName(data);
    } else if (type === 41) {
      const identities = opaque(data, 2);
      some(opaque(data, 2));
      all(data);
      hello.ticketKeyName = keyName(some(opaque(identities, 2)));
    } else if (type === 0xfe0d) {
      hello.hasEncryptedHello = true;
    }
  }
  return hello;
}

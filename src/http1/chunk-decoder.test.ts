import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { ChunkDecoder } from './chunk-decoder.ts';

interface Decoded {
  readonly data: string;
  readonly trailers: string;
  readonly done: boolean;
  readonly failed: ChunkDecoder['failed'];
  /** Bytes that belong to the message. */
  readonly consumed: number;
}

/** Decodes `text` in reads of `size` bytes, each in a buffer of its own with foreign bytes around it. */
function decodeBy(text: string, size: number): Decoded {
  const decoder = new ChunkDecoder(UNBOUNDED_MEMORY);
  const bytes = Buffer.from(text, 'latin1');
  let data = '';
  let consumed = 0;
  const sink = {
    onChunkData(buffer: Buffer, start: number, end: number): void {
      assert.ok(end > start);
      data += buffer.latin1Slice(start, end);
    },
  };
  while (consumed < bytes.length && !decoder.done && decoder.failed === null) {
    const part = bytes.subarray(consumed, consumed + size);
    const buffer = Buffer.concat([Buffer.from('7\r\n'), part, Buffer.from('\r\n\r\n0;')]);
    const after = decoder.decode(buffer, 3, 3 + part.length, sink);
    assert.ok(after <= 3 + part.length);
    consumed += after - 3;
  }
  return { data, trailers: decoder.trailers, done: decoder.done, failed: decoder.failed, consumed };
}

/** Decodes whole and byte by byte, which must come to the same. */
function decode(text: string): Decoded {
  const whole = decodeBy(text, Math.max(text.length, 1));
  const single = decodeBy(text, 1);
  assert.equal(single.done, whole.done);
  assert.equal(single.failed, whole.failed);
  if (whole.failed === null) assert.deepEqual(single, whole);
  return whole;
}

const END = '0\r\n\r\n';

const REFUSED: readonly (readonly [why: string, text: string, failed: 'chunk' | 'trailer'])[] = [
  ['a size with a sign', `+5\r\nhello\r\n${END}`, 'chunk'],
  ['a negative size', `-5\r\nhello\r\n${END}`, 'chunk'],
  ['a size with a prefix', `0x5\r\nhello\r\n${END}`, 'chunk'],
  ['a blank before the size', ` 5\r\nhello\r\n${END}`, 'chunk'],
  ['a blank after the size', `5 \r\nhello\r\n${END}`, 'chunk'],
  ['a tab after the size', `5\t\r\nhello\r\n${END}`, 'chunk'],
  ['no size', `\r\nhello\r\n${END}`, 'chunk'],
  ['a size that is no number', `g\r\nhello\r\n${END}`, 'chunk'],
  ['an underscore in the size', `1_0\r\n0123456789abcdef\r\n${END}`, 'chunk'],
  ['a size of 2^53', '20000000000000\r\n', 'chunk'],
  ['a size of 2^64 + 5', '10000000000000005\r\nhello\r\n', 'chunk'],
  ['17 digits', `00000000000000005\r\nhello\r\n${END}`, 'chunk'],
  ['a bare LF after the size', `5\nhello\r\n${END}`, 'chunk'],
  ['a bare CR after the size', `5\rhello\r\n${END}`, 'chunk'],
  ['a bare LF after the data', `5\r\nhello\n${END}`, 'chunk'],
  ['a bare CR after the data', `5\r\nhello\r${END}`, 'chunk'],
  ['data longer than its size', `4\r\nhello\r\n${END}`, 'chunk'],
  ['data shorter than its size', `6\r\nhello\r\n${END}`, 'chunk'],
  ['a bare LF after the last chunk', '0\n\r\n', 'chunk'],
  ['a bare LF at the very end', '0\r\n\n', 'trailer'],
  ['a bare CR at the very end', '0\r\n\r\r\n\r\n', 'trailer'],
  ['an extension without a name', `5;\r\nhello\r\n${END}`, 'chunk'],
  ['an extension of nothing but a value', `5;=a\r\nhello\r\n${END}`, 'chunk'],
  ['an extension without a value', `5;a=\r\nhello\r\n${END}`, 'chunk'],
  ['two equals signs', `5;a=b=c\r\nhello\r\n${END}`, 'chunk'],
  ['a blank in an extension', `5;a b\r\nhello\r\n${END}`, 'chunk'],
  ['a blank before an extension', `5; a\r\nhello\r\n${END}`, 'chunk'],
  ['a blank before the semicolon', `5 ;a\r\nhello\r\n${END}`, 'chunk'],
  ['a quote that is never closed', `5;a="b\r\nhello\r\n${END}`, 'chunk'],
  ['text behind a quote', `5;a="b"c\r\nhello\r\n${END}`, 'chunk'],
  ['a control character in quotes', `5;a="\x01"\r\nhello\r\n${END}`, 'chunk'],
  ['a bare LF in an extension', `5;a\nhello\r\n${END}`, 'chunk'],
  ['a bare LF in quotes', `5;a="\n"\r\nhello\r\n${END}`, 'chunk'],
  ['a bare CR in an extension', `5;a\rb\r\nhello\r\n${END}`, 'chunk'],
  ['an 8-bit character in an extension', `5;\xe9\r\nhello\r\n${END}`, 'chunk'],
  ['a malformed extension of the last chunk', '0;\r\n\r\n', 'chunk'],
  ['an endless extension', `5;${'a'.repeat(16385)}\r\nhello\r\n${END}`, 'chunk'],
  ['more extensions than data in the long run', `1;${'a'.repeat(2000)}\r\nx\r\n`.repeat(9), 'chunk'],
  ['a trailer that would change where the body ended, in disguise', '0\r\nContent_Length: 1\r\n\r\n', 'trailer'],
  ['a trailer that says who sent it, in disguise', '0\r\nx_forwarded-for: 1.2.3.4\r\n\r\n', 'trailer'],
  ['a trailer without a colon', '0\r\nfoo\r\n\r\n', 'trailer'],
  ['a blank before the colon of a trailer', '0\r\nX : y\r\n\r\n', 'trailer'],
  ['a folded trailer', '0\r\nX: y\r\n z\r\n\r\n', 'trailer'],
  ['a bare LF after a trailer', '0\r\nX: y\n\r\n', 'trailer'],
  ['a bare LF in a trailer', '0\r\nX: y\nZ: a\r\n\r\n', 'trailer'],
  ['a bare CR in a trailer', '0\r\nX: y\rz\r\n\r\n', 'trailer'],
  ['a NUL in a trailer', '0\r\nX: \0\r\n\r\n', 'trailer'],
  ['trailers over 8 KiB', `0\r\nX: ${'y'.repeat(8192)}\r\n\r\n`, 'trailer'],
  ['101 trailers', `0\r\n${'X: y\r\n'.repeat(101)}\r\n`, 'trailer'],
  ...[
    'Transfer-Encoding',
    'content-length',
    'HOST',
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'Set-Cookie',
    'WWW-Authenticate',
    'Connection',
    'Upgrade',
    'TE',
    'Trailer',
    'Expect',
    'Content-Type',
    'Content-Encoding',
    'Content-Range',
    'Forwarded',
    'X-Forwarded-For',
    'Via',
  ].map((name) => [`${name} as a trailer`, `0\r\n${name}: x\r\n\r\n`, 'trailer'] as const),
];

describe('ChunkDecoder refuses', () => {
  for (const [why, text, failed] of REFUSED) {
    it(why, () => {
      const decoded = decode(text);
      assert.equal(decoded.failed, failed);
      assert.equal(decoded.done, false);
    });
  }
});

describe('ChunkDecoder reads', () => {
  it('ChunkDecoder reads chunks up to the last one, and leaves what follows', () => {
    const decoded = decode(`5\r\nhello\r\n6\r\n world\r\n${END}GET /`);
    assert.deepEqual(decoded, { data: 'hello world', trailers: '', done: true, failed: null, consumed: 26 });
  });

  it('ChunkDecoder reads a body that is empty', () => {
    assert.equal(decode(END).done, true);
  });

  it('ChunkDecoder reads sizes in either case and with leading zeros', () => {
    assert.equal(decode(`a\r\n0123456789\r\n0A\r\n0123456789\r\n${END}`).data.length, 20);
    assert.equal(decode(`0000000000000001\r\nx\r\n000\r\n\r\n`).data, 'x');
  });

  it('ChunkDecoder reads data that looks like framing', () => {
    assert.equal(decode(`5\r\n0\r\n\r\n\r\n${END}`).data, '0\r\n\r\n');
  });

  it('ChunkDecoder reads extensions, and drops them', () => {
    const decoded = decode(`5;a;b=c;d="e;f \\" \\\\ \t\xe9"\r\nhello\r\n0;x=y\r\n\r\n`);
    assert.equal(decoded.data, 'hello');
    assert.equal(decoded.done, true);
  });

  it('ChunkDecoder reads extensions without end where the data keeps pace', () => {
    const chunk = `400;${'a'.repeat(1000)}\r\n${'x'.repeat(1024)}\r\n`;
    assert.equal(decodeBy(chunk.repeat(50) + END, 4096).done, true);
  });

  it('ChunkDecoder reads trailers as header lines', () => {
    const decoded = decode(`1\r\nx\r\n0\r\nGrpc-Status: 0\r\nX:\r\n\r\nrest`);
    assert.equal(decoded.trailers, 'Grpc-Status: 0\r\nX:\r\n');
    assert.equal(decoded.consumed, 31);
  });

  it('ChunkDecoder reads an incomplete body as neither done nor failed', () => {
    for (const text of ['', '5', '5\r\nhel', '5\r\nhello\r\n', '5\r\nhello\r\n0\r\n', '0\r\nX: y\r\n', '0\r\n\r']) {
      const decoded = decode(text);
      assert.equal(decoded.done, false, JSON.stringify(text));
      assert.equal(decoded.failed, null, JSON.stringify(text));
    }
  });

  it('ChunkDecoder reads one body after another once it is reset', () => {
    const decoder = new ChunkDecoder(UNBOUNDED_MEMORY);
    let data = '';
    const sink = {
      onChunkData: (buffer: Buffer, start: number, end: number) => void (data += buffer.latin1Slice(start, end)),
    };
    for (const text of [`5\r\nhello\r\n0\r\nX: y\r\n\r\n`, '+', `1\r\n!\r\n0\r\nX: z\r\n\r\n`]) {
      decoder.reset();
      const bytes = Buffer.from(text);
      decoder.decode(bytes, 0, bytes.length, sink);
    }
    assert.equal(data, 'hello!');
    assert.equal(decoder.trailers, 'X: z\r\n');
    assert.equal(decoder.done, true);
  });
});

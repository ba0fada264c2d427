/**
 * A slow reader of PROXY headers, to compare with: it takes a byte at a time, and was written from the protocol's text and
 * our rules for it, with Node's own ideas of what an address is.
 */
import { isIPv4, isIPv6 } from 'node:net';

const V1 = 'PROXY ';
const V2 = '\r\n\r\n\0\r\nQUIT\n';

export type Verdict =
  | 'open'
  | 'more'
  | 'none'
  | 'bad'
  /** Length, then both ends or `real`. */
  | `done ${string}`;

export class ReferenceReader {
  #text = '';
  /** Of a header of version 2, once it has said so. */
  #length = 0;

  /** Once it has decided nothing else should be pushed. */
  push(byte: number): Verdict {
    this.#text += String.fromCharCode(byte);
    const text = this.#text;
    if (text.length < this.#length) return 'more';
    if ((V1.startsWith(text) || V2.startsWith(text)) && text !== V1 && text !== V2) return 'open';
    if (text.startsWith(V1)) return readLine(text);
    if (text.startsWith(V2)) {
      const bytes = Buffer.from(text, 'latin1');
      if (bytes.length === 16) this.#length = 16 + bytes.readUInt16BE(14);
      return readBlock(bytes);
    }
    return 'none';
  }
}

function readLine(text: string): Verdict {
  if (text.endsWith('\r\n')) return judgeLine(text.slice(0, -2), text.length);
  const before = text.slice(0, -1);
  if (text.endsWith('\n') || before.includes('\r')) return 'bad';
  return text.length > 105 && !text.endsWith('\r') ? 'bad' : 'more';
}

function judgeLine(line: string, length: number): Verdict {
  if (line.includes('\r') || line.includes('\n')) return 'bad';
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return `done ${length} real`;
  const found = /^PROXY TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/.exec(line);
  if (found === null) return 'bad';
  const [, family, source, destination, from, to] = found;
  const isAddress = family === '4' ? isIPv4 : isIPv6;
  if (!isAddress(source) || !isAddress(destination) || Number(from) > 65535 || Number(to) > 65535) return 'bad';
  return `done ${length} ${canonical(source)} ${from} ${canonical(destination)} ${to}`;
}

const ADDRESSES: Readonly<Record<number, number>> = { 0: 0, 1: 12, 2: 36, 3: 216 };

function readBlock(bytes: Buffer): Verdict {
  if (bytes.length === 12) return 'more';
  const isLocal = bytes[12] === 0x20;
  if (!isLocal && bytes[12] !== 0x21) return 'bad';
  if (bytes.length > 13 && !isLocal && (bytes[13] > 0x3f || bytes[13] % 16 > 2)) return 'bad';
  if (bytes.length < 16) return 'more';
  const said = bytes.readUInt16BE(14);
  const needed = isLocal ? 0 : ADDRESSES[Math.floor(bytes[13] / 16)];
  if (said > 4080 || said < needed) return 'bad';
  if (bytes.length < 16 + said) return 'more';
  const block = bytes.subarray(16);
  if (isLocal || bytes[13] < 0x10) return `done ${bytes.length} real`;
  if (!areFields(bytes, 16 + needed)) return 'bad';
  if (bytes[13] === 0x11)
    return `done ${bytes.length} ${v4(block, 0)} ${block.readUInt16BE(8)} ${v4(block, 4)} ${block.readUInt16BE(10)}`;
  if (bytes[13] === 0x21)
    return `done ${bytes.length} ${v6(block, 0)} ${block.readUInt16BE(32)} ${v6(block, 16)} ${block.readUInt16BE(34)}`;
  return `done ${bytes.length} real`;
}

function areFields(header: Buffer, from: number): boolean {
  for (let rest = header.subarray(from); rest.length > 0;) {
    if (rest.length < 3 || rest.length < 3 + rest.readUInt16BE(1)) return false;
    const value = rest.subarray(3, 3 + rest.readUInt16BE(1));
    if (rest[0] === 3 && !isChecksum(header, value)) return false;
    if (rest[0] === 0x20 && !isTls(value)) return false;
    rest = rest.subarray(3 + value.length);
  }
  return true;
}

function isTls(value: Buffer): boolean {
  if (value.length < 5) return false;
  for (let rest = value.subarray(5); rest.length > 0; rest = rest.subarray(3 + rest.readUInt16BE(1))) {
    if (rest.length < 3 || rest.length < 3 + rest.readUInt16BE(1)) return false;
  }
  return true;
}

function isChecksum(header: Buffer, value: Buffer): boolean {
  if (value.length !== 4) return false;
  const zeroed = Buffer.from(header);
  zeroed.fill(0, value.byteOffset - header.byteOffset, value.byteOffset - header.byteOffset + 4);
  let crc = 0xffffffff;
  for (const byte of zeroed) {
    crc = (crc ^ byte) >>> 0;
    for (let bit = 0; bit < 8; bit++) crc = crc % 2 === 1 ? ((crc >>> 1) ^ 0x82f63b78) >>> 0 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0 === value.readUInt32BE(0);
}

function v4(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 4)].join('.');
}

function v6(bytes: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(at + 2 * group).toString(16));
  return canonical(groups.join(':'));
}

/** As the parser of URLs writes it. */
function canonical(address: string): string {
  if (isIPv4(address)) return address;
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(text);
  if (mapped === null) return text;
  const [high, low] = [mapped[1], mapped[2]].map((group) => parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

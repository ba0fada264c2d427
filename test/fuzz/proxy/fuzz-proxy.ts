/** Mutated PROXY headers: whole and byte by byte they get the verdict of a slow reader, and none of them throws. */
import { readProxyHeader } from '../../../src/net/proxy-protocol/parse.ts';
import type { ProxyReading } from '../../../src/net/proxy-protocol/parse.ts';
import { binaryHeader, ends, field, tlsField } from '../../support/proxy-headers.ts';
import { crc32c } from '../../../src/net/proxy-protocol/crc32c.ts';
import { Chance } from '../chance.ts';
import { ReferenceReader } from './reference.ts';
import type { Verdict } from './reference.ts';

export interface ProxyFuzzReport {
  readonly headers: number;
  /** How many got which verdict at last. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** The first header that was read in two ways, with its seed; null: none. */
  readonly disagreement: string | null;
}

const ADDRESSES = ['192.0.2.1', '0.0.0.0', '255.255.255.255', '10.0.0.1'];
const ADDRESSES_6 = ['::', '::1', '2001:db8::1', 'fe80:0:0:1::', '0:0:0:0:0:ffff:c000:201', '1:2:3:4:5:6:7:8'];
const WORDS = [
  'TCP4',
  'TCP6',
  'UNKNOWN',
  'UDP4',
  '',
  '0',
  '65535',
  '65536',
  '00',
  '::ffff:1.2.3.4',
  '1.2.3.4',
  '::1',
  ' ',
  '\r',
];
const TLVS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x20, 0x21, 0x30, 0xea];

export function fuzzProxyHeaders(headers: number, seed: number): ProxyFuzzReport {
  const chance = new Chance(seed);
  const verdicts: Record<string, number> = {};
  for (let run = 0; run < headers; run++) {
    const bytes = mutate(generate(chance), chance);
    const [verdict, disagreement] = judge(bytes);
    const [kind] = verdict.split(' ', 1);
    verdicts[kind] = (verdicts[kind] ?? 0) + 1;
    if (disagreement !== null) {
      return {
        headers: run + 1,
        verdicts,
        disagreement: `seed ${seed}, ${run}: ${bytes.toString('hex')}: ${disagreement}`,
      };
    }
  }
  return { headers, verdicts, disagreement: null };
}

/** The verdict of the slow reader, and what is wrong with ours. */
function judge(bytes: Buffer): readonly [Verdict, string | null] {
  const slow = new ReferenceReader();
  let verdict: Verdict = 'open';
  for (let length = 1; length <= bytes.length; length++) {
    verdict = slow.push(bytes[length - 1]);
    const ours = written(readProxyHeader(bytes, 0, length));
    if (ours !== verdict) return [verdict, `after ${length} bytes ${ours}, and not ${verdict}`];
    if (verdict !== 'open' && verdict !== 'more') break;
  }
  const whole = written(readProxyHeader(bytes, 0, bytes.length));
  return [verdict, whole === verdict ? null : `whole ${whole}, and byte by byte ${verdict}`];
}

function written(reading: ProxyReading): Verdict {
  if (reading.verdict !== 'done') return reading.verdict;
  const { ends: both } = reading.header;
  if (both === null) return `done ${reading.length} real`;
  const { source, destination } = both;
  return `done ${reading.length} ${source.address} ${source.port} ${destination.address} ${destination.port}`;
}

function generate(chance: Chance): Buffer {
  const header = chance.is(0.4) ? generateLine(chance) : generateBlock(chance);
  return chance.is(0.3) ? Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n\r\n')]) : header;
}

function generateLine(chance: Chance): Buffer {
  if (chance.is(0.1))
    return Buffer.from(`PROXY UNKNOWN${' '.repeat(chance.below(2))}${'x'.repeat(chance.below(100))}\r\n`);
  const isV4 = chance.is(0.5);
  const addresses = isV4 ? ADDRESSES : ADDRESSES_6;
  const words = [
    'PROXY',
    isV4 ? 'TCP4' : 'TCP6',
    chance.pick(addresses),
    chance.pick(addresses),
    port(chance),
    port(chance),
  ];
  if (chance.is(0.4)) words[1 + chance.below(5)] = chance.pick(WORDS);
  return Buffer.from(`${words.join(' ')}\r\n`, 'latin1');
}

function port(chance: Chance): string {
  return String(chance.below(chance.is(0.1) ? 100_000 : 65_536));
}

function generateBlock(chance: Chance): Buffer {
  const family = chance.pick([0x11, 0x11, 0x21, 0x21, 0x12, 0x22, 0x31, 0x00, 0x10]);
  const fields = Array.from({ length: chance.below(4) }, () => generateField(chance));
  const header = binaryHeader(
    chance.is(0.85) ? 0x21 : 0x20,
    family,
    Buffer.concat([addressesOf(family, chance), ...fields]),
  );
  if (chance.is(0.7)) sign(header);
  return header;
}

function addressesOf(family: number, chance: Chance): Buffer {
  if (family >> 4 === 0) return Buffer.alloc(0);
  if (family >> 4 === 3) return Buffer.alloc(216, 0x61);
  const addresses = family >> 4 === 1 ? ADDRESSES : ADDRESSES_6;
  return ends(chance.pick(addresses), chance.pick(addresses), chance.below(65_536), chance.below(65_536));
}

function generateField(chance: Chance): Buffer {
  const type = chance.pick(TLVS);
  if (type === 0x03) return field(type, Buffer.alloc(chance.is(0.9) ? 4 : chance.below(8)));
  if (type === 0x20) {
    const within = Array.from({ length: chance.below(4) }, () =>
      field(0x21 + chance.below(5), 'x'.repeat(chance.below(12))),
    );
    return tlsField(chance.below(8), chance.below(2), ...within);
  }
  return field(type, 'y'.repeat(chance.below(chance.is(0.05) ? 2000 : 20)));
}

/** The first field that looks like a checksum gets the right one. */
function sign(header: Buffer): void {
  const at = header.indexOf(Buffer.from([3, 0, 4]), 16);
  if (at < 0 || at + 7 > header.length) return;
  header.writeUInt32BE(crc32c(header, 0, header.length, at + 3), at + 3);
}

function mutate(header: Buffer, chance: Chance): Buffer {
  let bytes = header;
  for (let left = chance.pick([0, 0, 1, 1, 2, 3]); left > 0; left--) {
    const at = chance.below(bytes.length + 1);
    switch (chance.below(5)) {
      case 0:
        bytes = Buffer.from(bytes);
        if (at < bytes.length) bytes[at] ^= 1 << chance.below(8);
        break;
      case 1:
        bytes = bytes.subarray(0, Math.max(1, at));
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(chance.below(256)), bytes.subarray(at)]);
        break;
      case 3:
        if (bytes.length > 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        break;
      default:
        bytes = Buffer.from(bytes);
        if (bytes.length > 15) bytes[14 + chance.below(2)] = chance.below(256);
    }
  }
  return bytes;
}

/**
 * The two messages of gRPC's health service (grpc.health.v1) and the frame they travel in: a byte that says whether it
 * is compressed, four of length, the message in protobuf. Only the one field that each message has is looked at.
 */
import { failed, passed } from './probe.ts';
import type { ProbeResult } from './probe.ts';

const FRAME_HEAD = 5;
/** Field 1, of a length; field 1, a number. */
const TAG_TEXT = 0x0a;
const TAG_NUMBER = 0x08;

const SERVING_STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** `HealthCheckRequest { string service = 1 }` in its frame. `''`, the server as a whole, is a message of no bytes. */
export function frameHealthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([TAG_TEXT]), writeVarint(name.length), name]);
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** What an answer with the code of gRPC says: `status` and `message` as its trailers have them, `body` as it came. */
export function judgeHealthAnswer(service: string, status: string, message: string, body: Buffer): ProbeResult {
  if (status === '0') return judgeHealthMessage(body);
  const name = CODES[Number(status)] ?? `code ${status.slice(0, 10)}`;
  if (name === 'UNIMPLEMENTED') {
    return { outcome: 'absent', reason: 'no health service (UNIMPLEMENTED)', isRefused: false, unanswered: null };
  }
  if (name === 'NOT_FOUND') return failed(`unknown service ${JSON.stringify(service)} (NOT_FOUND)`);
  const words = message === '' ? '' : `: ${decodeMessage(message)}`;
  return failed(`${name}${words}`);
}

/** `HealthCheckResponse { ServingStatus status = 1 }`; without the field it is 0, UNKNOWN. */
function judgeHealthMessage(frame: Buffer): ProbeResult {
  if (frame.length < FRAME_HEAD || frame.length !== FRAME_HEAD + frame.readUInt32BE(1))
    return failed('no whole message');
  if (frame[0] !== 0) return failed('a compressed answer, which nobody asked for');
  const message = frame.subarray(FRAME_HEAD);
  if (message.length !== 0 && (message.length < 2 || message[0] !== TAG_NUMBER))
    return failed('no answer of a health service');
  const number = message.length === 0 ? 0 : message[1];
  const name = SERVING_STATUSES[number] ?? `status ${number}`;
  return name === 'SERVING' ? passed(name) : failed(name);
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Percent-encoded UTF-8 of a stranger: at most 200 characters, none that moves a terminal's cursor. */
function decodeMessage(text: string): string {
  const bytes = text
    .slice(0, 600)
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString().replaceAll(/\p{C}/gu, ' ').slice(0, 200);
}

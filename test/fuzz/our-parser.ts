/** Our parsers as a driver, without sessions: heads and bodies in turn, cut where the bytes are cut. */
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '../../src/http/head.ts';
import type { RequestHead, ResponseHead } from '../../src/http/head.ts';
import { UNBOUNDED_MEMORY } from '../../src/core/kept-memory.ts';
import { ChunkDecoder } from '../../src/http1/chunk-decoder.ts';
import { chunkHead, lastChunk } from '../../src/http1/chunk-encoder.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { ResponseParser } from '../../src/http1/response-parser.ts';
import type { Driver, ReadMessage, Reading, ReadingEnd, ResponseReading } from './reading.ts';
import { plainLines } from './reference.ts';

const LIMITS = { headBytes: 16384, headers: 100, targetBytes: 8192 };
/** As many empty lines are skipped in front of a request. */
const MAX_EMPTY_LINES = 4;

/** Reads the bytes up to a position that only ever grows, as reads from a socket do. */
class Reads {
  readonly bytes: Buffer;
  readonly #ends: readonly number[];
  #turn = 0;
  at = 0;

  constructor(bytes: Buffer, cuts: readonly number[]) {
    this.bytes = bytes;
    this.#ends = [...cuts, bytes.length];
  }

  get end(): number {
    return this.#ends[this.#turn];
  }

  get isLast(): boolean {
    return this.#turn === this.#ends.length - 1;
  }

  next(): void {
    this.#turn++;
  }

  /** The head that begins here, or null: the bytes end before it does. */
  takeHead(): string | null {
    const end = this.bytes.indexOf('\r\n\r\n', this.at, 'latin1');
    if (end < 0) return null;
    const text = this.bytes.latin1Slice(this.at, end + 4);
    this.at = end + 4;
    while (!this.isLast && this.end < this.at) this.next();
    return text;
  }

  takeRest(): string {
    const text = this.bytes.latin1Slice(this.at);
    this.at = this.bytes.length;
    return text;
  }

  skipEmptyLines(): void {
    const { bytes } = this;
    for (let count = 0; count < MAX_EMPTY_LINES && bytes[this.at] === 13 && bytes[this.at + 1] === 10; count++)
      this.at += 2;
  }
}

/** Collects a body; `failed` says that it broke or is not whole. */
class BodyReader {
  body = '';
  trailers = '';
  failed: '' | 'incomplete' | NonNullable<ChunkDecoder['failed']> = '';
  readonly #chunks = new ChunkDecoder(UNBOUNDED_MEMORY);

  read(reads: Reads, kind: number, length: number): void {
    this.body = '';
    this.trailers = '';
    this.failed = '';
    if (kind === BODY_LENGTH) this.#readLength(reads, length);
    else if (kind === BODY_CHUNKED) this.#readChunks(reads);
    else if (kind === BODY_UNTIL_CLOSE) this.body = reads.takeRest();
  }

  onChunkData(buffer: Buffer, start: number, end: number): void {
    this.body += buffer.latin1Slice(start, end);
  }

  #readLength(reads: Reads, length: number): void {
    const end = reads.at + length;
    this.failed = end > reads.bytes.length ? 'incomplete' : '';
    this.body = reads.bytes.latin1Slice(reads.at, Math.min(end, reads.bytes.length));
    reads.at = Math.min(end, reads.bytes.length);
    while (!reads.isLast && reads.end < reads.at) reads.next();
  }

  #readChunks(reads: Reads): void {
    const chunks = this.#chunks;
    chunks.reset();
    for (;;) {
      reads.at = chunks.decode(reads.bytes, reads.at, reads.end, this);
      if (chunks.done || chunks.failed !== null || reads.isLast) break;
      reads.next();
    }
    this.trailers = chunks.trailers;
    this.failed = chunks.failed ?? (chunks.done ? '' : 'incomplete');
  }
}

export class OurParser implements Driver {
  readonly #body = new BodyReader();
  readonly #responses = new ResponseParser(LIMITS);

  readRequests(bytes: Buffer, cuts: readonly number[]): Reading {
    const reads = new Reads(bytes, cuts);
    const parser = new RequestParser(LIMITS);
    const messages: ReadMessage[] = [];
    let forwarded = '';
    const over = (end: ReadingEnd, why = ''): Reading => {
      return { messages, end, why, forwarded: Buffer.from(forwarded, 'latin1') };
    };
    for (;;) {
      reads.skipEmptyLines();
      if (reads.at === bytes.length) return over('complete');
      const text = reads.takeHead();
      if (text === null) return over('incomplete');
      const head = parser.parse(text);
      if (head === null) return over('refused', parser.fault?.code);
      const body = this.#body;
      body.read(reads, head.bodyKind, head.contentLength);
      if (body.failed !== '') return over(body.failed === 'incomplete' ? 'incomplete' : 'refused', body.failed);
      messages.push(describeRequest(head, body));
      forwarded += encodeRequest(head, body);
      if (head.upgrade !== '') return over('upgraded');
      if (!head.keepAlive && reads.at < bytes.length) return over('closed');
    }
  }

  readResponse(bytes: Buffer, cuts: readonly number[], method: string): ResponseReading {
    const reads = new Reads(bytes, cuts);
    const informational: ReadMessage[] = [];
    let message: ReadMessage | null = null;
    const over = (end: ReadingEnd, why = ''): ResponseReading => {
      return { informational, message, end, why, consumed: reads.at };
    };
    for (;;) {
      const text = reads.takeHead();
      if (text === null) return over('incomplete');
      const head = this.#responses.parse(text, method);
      if (head === null) return over('refused', 'bad-response');
      const body = this.#body;
      body.read(reads, head.bodyKind, head.contentLength);
      if (body.failed !== '') return over(body.failed === 'incomplete' ? 'incomplete' : 'refused', body.failed);
      const read = describeResponse(head, body);
      if (head.status < 200 && head.status !== 101) {
        informational.push(read);
        continue;
      }
      message = read;
      return over(head.status === 101 ? 'upgraded' : 'complete');
    }
  }
}

function withoutLength(lines: string): string[] {
  return plainLines(lines).filter((line) => !/^content-length:/i.test(line));
}

function lengthOf(lines: string): string {
  const line = plainLines(lines).find((text) => /^content-length:/i.test(text));
  return line === undefined ? '' : BigInt(line.slice(line.indexOf(':') + 1)).toString();
}

function describeRequest(head: RequestHead, body: BodyReader): ReadMessage {
  const { authority, forwardedFor, forwardedProto, forwardedHost, forwardedPort, forwarded, requestId } = head;
  const known = [authority, forwardedFor, forwardedProto, forwardedHost, forwardedPort, forwarded, requestId];
  return {
    start: `${head.method} ${head.target} ${head.version === 11 ? '1.1' : '1.0'}`,
    passing: withoutLength(head.lines),
    fields: [...known, plainLines(head.forwardedOthers).join('\n')].join('|'),
    length: lengthOf(head.lines),
    body: body.body,
    trailers: plainLines(body.trailers),
  };
}

function describeResponse(head: ResponseHead, body: BodyReader): ReadMessage {
  return {
    start: `${head.status} ${head.reason} ${head.version === 11 ? '1.1' : '1.0'}`,
    passing: withoutLength(head.lines),
    fields: '',
    length: head.status < 200 || head.status === 204 ? '' : lengthOf(head.lines),
    body: body.body,
    trailers: plainLines(body.trailers),
  };
}

/** The request as a session would send it to an endpoint: framed anew, in HTTP/1.1. */
function encodeRequest(head: RequestHead, body: BodyReader): string {
  const start = `${head.method} ${head.target} HTTP/1.1\r\nHost: ${head.authority === '' ? 'endpoint' : head.authority}\r\n`;
  const upgrade = head.upgrade === '' ? '' : `Connection: upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
  if (head.bodyKind === BODY_NONE || head.bodyKind === BODY_LENGTH)
    return `${start}${head.lines}${upgrade}\r\n${body.body}`;
  const chunk = body.body === '' ? '' : `${chunkHead(body.body.length)}${body.body}\r\n`;
  return `${start}${head.lines}Transfer-Encoding: chunked\r\n\r\n${chunk}${lastChunk(body.trailers)}`;
}

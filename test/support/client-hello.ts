/** ClientHellos as tests want them, right and wrong. */

export interface HelloParts {
  readonly version?: number;
  readonly session?: Buffer;
  readonly ciphers?: Buffer;
  readonly compressions?: Buffer;
  /** Null: the message ends before them, as TLS 1.2 allows. */
  readonly extensions?: readonly Buffer[] | null;
  /** Largest fragment of a record. Default: all in one. */
  readonly fragmentBytes?: number;
  /** What stands behind the extensions. */
  readonly rest?: Buffer;
}

/** The records of a whole hello. */
export function helloOf({
  version = 0x0303,
  session = Buffer.alloc(32, 7),
  ciphers = Buffer.from([0x13, 0x01, 0xc0, 0x2f]),
  compressions = Buffer.from([0]),
  extensions = [],
  fragmentBytes = Infinity,
  rest = Buffer.alloc(0),
}: HelloParts = {}): Buffer {
  const body = Buffer.concat([
    number(version, 2),
    Buffer.alloc(32, 1),
    vector(session, 1),
    vector(ciphers, 2),
    vector(compressions, 1),
    ...(extensions === null ? [] : [vector(Buffer.concat(extensions), 2)]),
    rest,
  ]);
  return recordsOf(Buffer.concat([Buffer.from([1]), vector(body, 3)]), fragmentBytes);
}

/** A message in records of type 22. */
export function recordsOf(message: Buffer, fragmentBytes = Infinity): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += fragmentBytes) {
    const fragment = message.subarray(at, Math.min(message.length, at + fragmentBytes));
    records.push(Buffer.from([22, 3, 1]), vector(fragment, 2));
  }
  return Buffer.concat(records);
}

export function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([number(type, 2), vector(data, 2)]);
}

export function serverName(...names: readonly string[]): Buffer {
  const entries = names.map((name) => Buffer.concat([Buffer.from([0]), vector(Buffer.from(name, 'latin1'), 2)]));
  return extension(0, vector(Buffer.concat(entries), 2));
}

export function protocols(...names: readonly string[]): Buffer {
  return extension(16, vector(Buffer.concat(names.map((name) => vector(Buffer.from(name, 'latin1'), 1))), 2));
}

export function versions(...numbers: readonly number[]): Buffer {
  return extension(43, vector(Buffer.concat(numbers.map((each) => number(each, 2))), 1));
}

/** A ticket of TLS 1.3. */
export function preSharedKey(ticket: Buffer): Buffer {
  const identities = vector(Buffer.concat([vector(ticket, 2), number(0, 4)]), 2);
  return extension(41, Buffer.concat([identities, vector(vector(Buffer.alloc(32, 3), 1), 2)]));
}

export function vector(content: Buffer, lengthBytes: number): Buffer {
  return Buffer.concat([number(content.length, lengthBytes), content]);
}

function number(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

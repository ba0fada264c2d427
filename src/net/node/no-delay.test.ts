/** Nagle's algorithm is off on every connection: asked of the kernel itself, by Node's FFI where it has one (26). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { NOBODY } from '../nobody.ts';
import type { Connection } from '../transport.ts';
import { NodeConnection } from './connection.ts';
import { createNodeTransport } from './create-transport.ts';
import type { NodeTransport } from './transport.ts';

/** As far as it is used here; `@types/node` does not have it yet. */
interface Ffi {
  dlopen(
    path: null,
    functions: Readonly<Record<string, { arguments: readonly string[]; return: string }>>,
  ): { functions: Readonly<Record<string, (...values: readonly (number | bigint)[]) => number>> };
  getRawPointer(bytes: ArrayBuffer): bigint;
}

const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

const getBuiltinModule = process.getBuiltinModule as (name: string) => unknown;
const ffi = process.platform === 'linux' ? (getBuiltinModule('node:ffi') as Ffi | undefined) : undefined;

/** Whether the kernel sends what is written to this connection at once. */
function isNoDelay(connection: Connection): boolean {
  assert.ok(connection instanceof NodeConnection && ffi !== undefined);
  const { fd } = (connection.socket as unknown as { _handle: { fd: number } })._handle;
  const { functions } = ffi.dlopen(null, {
    getsockopt: { arguments: ['int32', 'int32', 'int32', 'pointer', 'pointer'], return: 'int32' },
  });
  const value = new Int32Array([0]);
  const length = new Int32Array([4]);
  const result = functions['getsockopt'](
    fd,
    IPPROTO_TCP,
    TCP_NODELAY,
    ffi.getRawPointer(value.buffer),
    ffi.getRawPointer(length.buffer),
  );
  assert.equal(result, 0);
  return value[0] === 1;
}

test(
  'accepted connections inherit TCP_NODELAY, also after accepting has paused, and dialled ones have it',
  { skip: ffi === undefined },
  async (t) => {
    const transport: NodeTransport = createNodeTransport({ onFault: (error) => assert.fail(String(error)) });
    const accepted: Connection[] = [];
    const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) => {
      accepted.push(connection);
      return NOBODY;
    });
    const dialled: Connection[] = [];
    const dial = async (): Promise<void> => {
      const before = accepted.length;
      dialled.push(transport.dial({ host: '127.0.0.1', port: listener.port }, NOBODY));
      await until(() => accepted.length > before, 'it is accepted');
    };
    t.after(async () => {
      for (const connection of [...accepted, ...dialled]) connection.reset();
      await listener.close();
    });
    await dial();
    listener.pauseAccepting();
    listener.resumeAccepting();
    await dial();
    assert.deepEqual(
      [...accepted, ...dialled].map((connection) => isNoDelay(connection)),
      [true, true, true, true],
    );
  },
);

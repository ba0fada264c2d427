import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDeadline } from './deadline.ts';

function msOf(lines: string, header = ''): number | null {
  return readDeadline(lines, header)?.ms ?? null;
}

test('grpc-timeout is read in all its units, wherever it stands', () => {
  const values = { '2H': 7_200_000, '3M': 180_000, '4S': 4000, '500m': 500, '250000u': 250, '7000000n': 7 };
  for (const [value, ms] of Object.entries(values)) assert.equal(msOf(`A: b\r\nGrpc-Timeout: ${value}\r\n`), ms, value);
});

test('a header of the route holds seconds, or milliseconds and seconds by name', () => {
  for (const [value, ms] of [
    ['2', 2000],
    ['1.5', 1500],
    ['250ms', 250],
    ['0.25s', 250],
  ] as const)
    assert.equal(msOf(`X-Request-Timeout: ${value}\r\n`, 'x-request-timeout'), ms, value);
});

test('what cannot be read is no deadline, and a time of nothing is the shortest', () => {
  for (const value of ['', '-1', 'soon', '5m', '1e3', '1234567890', '5 s'])
    assert.equal(msOf(`X-T: ${value}\r\n`, 'x-t'), null, value);
  for (const value of ['', '123456789S', '5', 'S', '5x', '1.5S'])
    assert.equal(msOf(`grpc-timeout: ${value}\r\n`), null);
  assert.equal(msOf('X-T: 0\r\n', 'x-t'), 1);
  assert.equal(msOf('X-T: 999999999\r\n', 'x-t'), 2 ** 31 - 1);
  assert.equal(msOf('X-T: 5\r\n'), null);
});

test('what is left is written in the unit in which it came, and of two the shorter counts', () => {
  const deadline = readDeadline('X-T: 3s\r\ngrpc-timeout: 2S\r\n', 'x-t');
  assert.equal(deadline?.ms, 2000);
  assert.deepEqual([...(deadline?.names ?? [])].sort(), ['grpc-timeout', 'x-t']);
  assert.equal(deadline?.lines(1234.2), 'grpc-timeout: 1235m\r\nx-t: 1.235s\r\n');
  assert.equal(readDeadline('X-T: 3\r\n', 'x-t')?.lines(900), 'x-t: 0.9\r\n');
  assert.equal(readDeadline('X-T: 300ms\r\n', 'x-t')?.lines(0.5), 'x-t: 1ms\r\n');
});

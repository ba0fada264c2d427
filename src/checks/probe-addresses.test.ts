import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTime } from '../../test/support/fake-time.ts';
import { probeAddresses } from './probe-addresses.ts';
import type { AddressesResult } from './probe-addresses.ts';
import { failed, passed } from './probe.ts';
import type { ProbeResult, ProbeTarget } from './probe.ts';

const ADDRESSES = ['127.0.0.1', '::1'];

/** Probes that answer when the test says so, in time that the test owns. */
function scripted(addresses: readonly string[] = ADDRESSES) {
  const time = new FakeTime();
  const controller = new AbortController();
  const asked: string[] = [];
  const answers = new Map<string, (result: ProbeResult) => void>();
  const probe = ({ address }: ProbeTarget): Promise<ProbeResult> => {
    asked.push(address);
    return new Promise((resolve) => answers.set(address, resolve));
  };
  const target = { check: {} as ProbeTarget['check'], port: 80, authority: 'localhost' };
  const result = probeAddresses(probe, target, addresses, time, controller.signal);
  const answer = async (address: string, outcome: ProbeResult): Promise<void> => {
    answers.get(address)?.(outcome);
    await Promise.resolve();
  };
  return { time, controller, asked, answer, result };
}

test('an address that passes in time is the only one that is asked', async () => {
  const { time, asked, answer, result } = scripted();
  time.advance(249);
  await answer('127.0.0.1', passed('200'));
  assert.deepEqual(await result, { ...passed('200'), address: '127.0.0.1' } satisfies AddressesResult);
  time.advance(1000);
  assert.deepEqual(asked, ['127.0.0.1']);
});

test('the next address is asked at once after a failure, and its pass decides', async () => {
  const { asked, answer, result } = scripted();
  await answer('127.0.0.1', failed('connection refused', 'connect'));
  assert.deepEqual(asked, ADDRESSES);
  await answer('::1', passed('200'));
  assert.equal((await result).address, '::1');
});

test('the next address is asked beside a silent one after 250 ms', async () => {
  const { time, asked, answer, result } = scripted();
  time.advance(249);
  assert.deepEqual(asked, ['127.0.0.1']);
  time.advance(1);
  assert.deepEqual(asked, ADDRESSES);
  await answer('127.0.0.1', passed('200'));
  assert.equal((await result).address, '127.0.0.1');
});

test('when every address fails, the failure of the first one counts', async () => {
  const { time, answer, result } = scripted();
  time.advance(250);
  await answer('::1', failed('connection refused', 'connect'));
  await answer('127.0.0.1', failed('500'));
  assert.deepEqual(await result, { ...failed('500'), address: '127.0.0.1' });
});

test('an aborted check asks no further address', async () => {
  const { time, controller, asked, answer } = scripted();
  controller.abort();
  time.advance(1000);
  await answer('127.0.0.1', failed('aborted'));
  assert.deepEqual(asked, ['127.0.0.1']);
});

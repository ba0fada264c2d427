import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { closeReasonOf } from './close-reason.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('the close reason of a socket', () => {
  test('the close reason of a socket tells whose fault a failed connect was', () => {
    const kinds = {
      ECONNREFUSED: 'refused',
      ENOENT: 'refused',
      EAGAIN: 'unreachable',
      EHOSTUNREACH: 'unreachable',
      ENETUNREACH: 'unreachable',
      ETIMEDOUT: 'unreachable',
      EMFILE: 'ours',
      ENFILE: 'ours',
      EADDRNOTAVAIL: 'ours',
      ENOMEM: 'ours',
      EACCES: 'ours',
      ECONNRESET: 'reset',
      EWEIRD: 'error',
    };
    for (const [code, kind] of Object.entries(kinds)) {
      assert.deepEqual(closeReasonOf(systemError(code), false), { kind, code });
    }
  });

  test('the close reason of a socket calls a broken pipe of an established connection a reset, and nothing else ours or refused', () => {
    const kinds = { ECONNRESET: 'reset', EPIPE: 'reset', ENOTCONN: 'reset', ETIMEDOUT: 'error', EMFILE: 'error' };
    for (const [code, kind] of Object.entries(kinds)) {
      assert.deepEqual(closeReasonOf(systemError(code), true), { kind, code });
    }
  });

  test('the close reason of a socket copes with errors that have no code', () => {
    assert.deepEqual(closeReasonOf(new Error('?'), true), { kind: 'error', code: '' });
    assert.deepEqual(closeReasonOf('?', false), { kind: 'error', code: '' });
  });
});

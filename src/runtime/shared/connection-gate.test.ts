import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Listener } from '../../net/transport.ts';
import { ConnectionGate } from './connection-gate.ts';
import type { ThreadTable } from './thread-table.ts';

/** Says what it was told: `p` to pause, `r` to resume. */
class ToldListener implements Listener {
  readonly host = '';
  readonly port = 0;
  readonly canMove = true;
  readonly connectionCount = 0;
  told = '';

  pauseAccepting(): void {
    this.told += 'p';
  }

  resumeAccepting(): void {
    this.told += 'r';
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('the gate of a thread', () => {
  it('the gate of a thread lets listeners rest at the limit of connections, and those with TLS also in a crowd', () => {
    let connections = 0;
    const limits: number[] = [];
    const threads = { totalConnections: () => connections } as unknown as ThreadTable;
    const gate = new ConnectionGate(threads, (count) => limits.push(count));
    gate.max = 2;
    const [plain, secure, late] = [new ToldListener(), new ToldListener(), new ToldListener()];
    gate.add(plain);
    gate.add(secure, true);
    gate.crowd(true);
    gate.crowd(true);
    assert.deepEqual([plain.told, secure.told], ['', 'p']);
    connections = 2;
    gate.check();
    gate.check();
    assert.deepEqual([plain.told, secure.told, limits], ['p', 'p', [2]]);
    connections = 1;
    gate.check();
    assert.deepEqual([plain.told, secure.told], ['pr', 'p'], 'the crowd is still there');
    gate.add(late, true);
    assert.equal(late.told, 'p');
    // It speaks plain HTTP from now on.
    gate.add(late, false);
    assert.equal(late.told, 'pr');
    gate.crowd(false);
    assert.deepEqual([plain.told, secure.told, late.told], ['pr', 'pr', 'pr']);
    gate.delete(secure);
    gate.crowd(true);
    assert.equal(secure.told, 'pr');
  });
});

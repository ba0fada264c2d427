/** That the drill drills; what it finds is for `npm run drill` and test/long to say, on a machine with nothing else to do. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findCommand } from '../../bench/commands.ts';
import { CONTESTANTS } from '../../bench/drill/contestants.ts';
import { FAULTS } from '../../bench/drill/faults.ts';
import { runDrill } from '../../bench/drill/run-drill.ts';

const noPlace = findCommand('taskset') === null ? { skip: 'servers and proxy are held on a core each by taskset' } : {};

it(
  'a server that closes connections under POSTs gets none of them twice, and clients get nobody else’s answer',
  noPlace,
  async () => {
    const fault = FAULTS.find(({ id }) => id === 'closes-reused') ?? assert.fail('there is such a fault');
    const fairlead = CONTESTANTS.find(({ name }) => name === 'fairlead') ?? assert.fail('Fairlead takes part');
    const outcome = await runDrill(fault, fairlead, { calmMs: 500, afterMs: 500 });
    assert.deepEqual([outcome.wrong, outcome.doublePosts], [0, 0], JSON.stringify(outcome));
    assert.ok(outcome.sent > 1000 && outcome.failed < outcome.sent / 10, JSON.stringify(outcome));
  },
);

/** The drill in short: one run of each fault for which a most number of failed requests is agreed, against that number. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCommand } from '../../bench/commands.ts';
import { OVER_TLS, PLAIN } from '../../bench/drill/client-side.ts';
import type { ClientSide } from '../../bench/drill/client-side.ts';
import { CONTESTANTS } from '../../bench/drill/contestants.ts';
import type { Fault } from '../../bench/drill/fault.ts';
import { FAULTS } from '../../bench/drill/faults.ts';
import { runDrill } from '../../bench/drill/run-drill.ts';

const fairlead = CONTESTANTS.find(({ name }) => name === 'fairlead') ?? assert.fail('Fairlead takes part');
const agreed = FAULTS.filter(({ wanted, needsNamespace }) => wanted !== null && needsNamespace !== true);

const noPlace = findCommand('taskset') === null ? { skip: 'servers and proxy are held on a core each by taskset' } : {};

/**
 * A server that is told to end resets connections on which it has not read yet. A POST that is on its way then is lost,
 * since nobody knows that it was not executed: at most about one for each server.
 */
const lostOnTheWay = (fault: Fault): number => (fault.id === 'deploy' ? 5 : 0);

/**
 * Where TLS is spoken, those who come anew all at once, clients or connections to the servers that are back, shake hands
 * first, on the two processors that proxy, clients and servers share. The clients of the first moments have waited for
 * nearly as long as they are ready to, and some give up over that: half as many again as without.
 */
const lostShakingHands = (fault: Fault): number => (fault.id === 'all-killed' ? 50 : 0);

interface Run {
  readonly name: string;
  readonly side: ClientSide;
  readonly hasTlsEndpoints: boolean;
}

const runs: readonly Run[] = [
  { name: 'the drill', side: PLAIN, hasTlsEndpoints: false },
  { name: 'the drill over TLS', side: OVER_TLS, hasTlsEndpoints: false },
  { name: 'the drill with servers that speak TLS', side: PLAIN, hasTlsEndpoints: true },
];

for (const { name, side, hasTlsEndpoints } of runs) {
  describe(name, noPlace, () => {
    const hasTls = side.isSecure || hasTlsEndpoints;
    for (const fault of agreed) {
      const most = (fault.wanted ?? Infinity) + lostOnTheWay(fault) + (hasTls ? lostShakingHands(fault) : 0);
      it(`${name} finds no more than ${most} failed requests, and none answered wrongly or sent twice that may not be: ${fault.title}`, async () => {
        const outcome = await runDrill(fault, fairlead, { calmMs: 3000, afterMs: 4000, side, hasTlsEndpoints });
        const text = JSON.stringify(outcome);
        assert.ok(outcome.failed <= most, text);
        assert.deepEqual([outcome.wrong, outcome.doublePosts], [0, 0], text);
      });
    }
  });
}

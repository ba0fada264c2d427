/** The map of an exchange (docs/request-lifecycle.md) has the states, events and arrows of the code. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EVENTS, STATES } from '../../src/http/exchange/states.ts';
import type { EventName, StateName } from '../../src/http/exchange/states.ts';
import { EXPECTED } from '../conformance/exchange-expected.ts';
import { codesIn, findExamples, findTableRows, readPage } from './pages.ts';

const page = readPage('docs/request-lifecycle.md');
const rows = findTableRows(page);
const drawing = findExamples(page)[0].text;

function firstCells(heading: string): readonly string[] {
  return rows.filter((row) => row.heading === heading).flatMap(({ cells }) => codesIn(cells[0]));
}

interface Arrow {
  readonly from: string;
  readonly event: string;
  readonly to: readonly string[];
}

const arrows: readonly Arrow[] = rows
  .filter(({ heading }) => heading === 'Arrows')
  .map(({ cells }) => ({ from: codesIn(cells[0])[0], event: codesIn(cells[1])[0], to: codesIn(cells[2]) }));

/** What the conformance test of the table sees happen: every change of state but an end in `idle`. */
function changes(): readonly Arrow[] {
  return STATES.flatMap((from) =>
    EVENTS.flatMap((event) => {
      const [to] = EXPECTED[from][event].split(' ');
      return (STATES as readonly string[]).includes(to) && to !== 'idle' ? [{ from, event, to: [to] }] : [];
    }),
  );
}

describe('the map of an exchange', () => {
  it('the map of an exchange lists every state and every event, in the order of the code', () => {
    assert.deepEqual(firstCells('States'), STATES);
    assert.deepEqual(firstCells('Events'), EVENTS);
  });

  it('the map of an exchange draws every state', () => {
    for (const state of STATES) assert.match(drawing, new RegExp(`\\b${state}\\b`));
  });

  it('the map of an exchange has an arrow for every change of state that the table makes', () => {
    for (const { from, event, to } of changes()) {
      const arrow = arrows.find((one) => one.from === from && one.event === event);
      assert.ok(arrow !== undefined, `${from} × ${event} → ${to[0]} is not on the page`);
      assert.ok(arrow.to.length === 0 || arrow.to.includes(to[0]), `${from} × ${event} does not lead to ${to[0]}`);
    }
  });

  it('the map of an exchange has no arrow between states or for events that are not there, or that cannot happen', () => {
    for (const { from, event, to } of arrows) {
      const expected = EXPECTED[from as StateName][event as EventName];
      assert.ok(expected !== undefined && expected !== 'never', `${from} × ${event}`);
      for (const state of to) assert.ok((STATES as readonly string[]).includes(state), state);
    }
  });
});

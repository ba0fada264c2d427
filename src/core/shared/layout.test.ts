import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Layout, float64At, int32At, uint32At } from './layout.ts';

/** Every number of a layout set to another one; the views see their own. */
test('no two places of a layout share a byte, whatever its rows, workers and shapes', () => {
  const shape = fc.constantFrom('header', 'column', 'ledger', 'doubles', 'counts');
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(shape),
      (rows, workers, shapes) => {
        const layout = new Layout(rows, workers);
        const places = shapes.map((kind, index) => {
          if (kind === 'header') return { kind, place: layout.header(index + 1) };
          if (kind === 'column') return { kind, place: layout.column() };
          return { kind, place: layout[kind](1 + (index % 3)) };
        });
        const buffer = new SharedArrayBuffer(layout.bytes);
        const views = places.map(({ kind, place }) =>
          kind === 'doubles'
            ? float64At(buffer, place)
            : kind === 'counts'
              ? uint32At(buffer, place)
              : int32At(buffer, place),
        );
        views.forEach((view, index) => view.fill(index + 1));
        views.forEach((view, index) => assert.ok(view.every((value) => value === index + 1)));
      },
    ),
  );
});

test('the parts of two workers in a layout are at least a cache line apart', () => {
  for (const rows of [1, 15, 16, 17]) {
    const layout = new Layout(rows, 3);
    const ledger = layout.ledger(2);
    assert.ok((ledger.stride - 2 * rows) * 4 >= 64, `${rows} rows of a ledger`);
    const doubles = layout.doubles(3);
    assert.ok((doubles.stride - 3 * rows) * 8 >= 64, `${rows} rows of counters`);
    assert.equal(ledger.length, 3 * ledger.stride);
  }
});

test('the same calls give a layout the same places', () => {
  const places = [0, 1].map(() => {
    const layout = new Layout(7, 2);
    return [layout.header(3), layout.column(), layout.ledger(4), layout.doubles(2), layout.counts(5), layout.bytes];
  });
  assert.deepEqual(places[0], places[1]);
});

/**
 * `ring`: every endpoint has 160 points per weight on a circle of 2³² positions, and a key belongs to the first point
 * behind it (Karger et al. 1997, "Consistent hashing and random trees"). An endpoint that leaves gives its keys to those
 * behind its points, and nobody else's move.
 *
 * Points lie sorted in three columns: their positions, whose they are, and for each of 2ⁿ groups of neighbouring
 * positions the first point that is not before it, so that a look-up is one step and a few points.
 */
import { mix } from '../keys/half-sip-hash.ts';
import type { HashLookup, HashTableHandle } from './hash-table.ts';

const POINTS_PER_WEIGHT = 160;
/** Most points of a ring, 32 MiB with their index; beyond, all weights count for less. */
const MAX_POINTS = 2 ** 21;
const POSITIONS = 2 ** 32;

interface Ring {
  readonly buffer: SharedArrayBuffer;
  readonly size: number;
  readonly buckets: number;
}

/** `hashes`: two words an endpoint. */
export function buildRing(hashes: Int32Array, weights: ArrayLike<number>): Ring {
  const points = pointsOf(weights);
  const size = points.reduce((sum, count) => sum + count, 0);
  const buckets = size === 0 ? 0 : 2 ** Math.ceil(Math.log2(size));
  const buffer = new SharedArrayBuffer(4 * (2 * size + buckets));
  const sorted = sortPoints(hashes, points, size);
  const positions = new Uint32Array(buffer, 0, size);
  const owners = new Int32Array(buffer, 4 * size, size);
  sorted.forEach((point, at) => {
    positions[at] = Math.floor(point / points.length);
    owners[at] = point % points.length;
  });
  indexPositions(positions, new Uint32Array(buffer, 8 * size, buckets));
  return { buffer, size, buckets };
}

/**
 * How many points each endpoint has. What others weigh does not matter, or a new one would move everybody's points;
 * only the heaviest, where it weighs less than 1, and the limit of all change the scale, by powers of two.
 */
function pointsOf(weights: ArrayLike<number>): number[] {
  const given = Array.from(weights);
  const heaviest = given.reduce((most, weight) => Math.max(most, weight), 0);
  if (heaviest === 0) return given;
  let scale = POINTS_PER_WEIGHT * Math.max(1, 2 ** Math.ceil(-Math.log2(heaviest)));
  for (;;) {
    const points = given.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.round(weight * scale))));
    if (points.reduce((sum, count) => sum + count, 0) <= Math.max(MAX_POINTS, given.length)) return points;
    scale /= 2;
  }
}

/** Position and owner of each point in one number, so that they sort as numbers do. */
function sortPoints(hashes: Int32Array, points: readonly number[], size: number): Float64Array {
  const sorted = new Float64Array(size);
  let at = 0;
  points.forEach((count, index) => {
    for (let point = 0; point < count; point++) {
      const position = mix(hashes[2 * index] ^ mix(hashes[2 * index + 1] + point)) >>> 0;
      sorted[at++] = position * points.length + index;
    }
  });
  return sorted.sort();
}

function indexPositions(positions: Uint32Array, starts: Uint32Array): void {
  const width = POSITIONS / starts.length;
  let point = 0;
  for (let bucket = 0; bucket < starts.length; bucket++) {
    while (point < positions.length && positions[point] < bucket * width) point++;
    starts[bucket] = point;
  }
}

export class RingLookup implements HashLookup {
  readonly #positions: Uint32Array;
  readonly #owners: Int32Array;
  readonly #starts: Uint32Array;
  readonly #width: number;

  constructor({ buffer, size, buckets }: HashTableHandle) {
    this.#positions = new Uint32Array(buffer, 0, size);
    this.#owners = new Int32Array(buffer, 4 * size, size);
    this.#starts = new Uint32Array(buffer, 8 * size, buckets);
    this.#width = POSITIONS / Math.max(1, buckets);
  }

  find(hash: number): number {
    const point = this.pointOf(hash);
    return point < 0 ? -1 : this.#owners[point];
  }

  /** The first point at or behind a position, -1 in an empty ring. */
  pointOf(hash: number): number {
    const positions = this.#positions;
    if (positions.length === 0) return -1;
    const position = hash >>> 0;
    let point = this.#starts[Math.floor(position / this.#width)];
    while (point < positions.length && positions[point] < position) point++;
    return point === positions.length ? 0 : point;
  }

  /** The next point on the circle. */
  next(point: number): number {
    return point + 1 === this.#owners.length ? 0 : point + 1;
  }

  ownerOf(point: number): number {
    return this.#owners[point];
  }
}

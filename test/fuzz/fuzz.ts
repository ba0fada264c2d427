/** Runs generated messages through a driver and Node's parser, up to the first disagreement. */
import { Chance } from './chance.ts';
import { disagreement, forwardedDisagreement, responseDisagreement } from './compare.ts';
import { generateRequests, generateResponse } from './generate.ts';
import type { Generated } from './generate.ts';
import { NodeRequestParser, NodeResponseReader } from './node-parser.ts';
import type { Driver, Reading, ResponseReading } from './reading.ts';

export interface FuzzReport {
  runs: number;
  /** Messages that both accepted. */
  accepted: number;
  /** Runs in which Node refused something. */
  refusedByNode: number;
  /** Runs in which we refused something that Node accepts. */
  refusedByUs: number;
  /** The first disagreement, with everything needed to see it again. */
  disagreement: string | null;
}

function newReport(): FuzzReport {
  return { runs: 0, accepted: 0, refusedByNode: 0, refusedByUs: 0, disagreement: null };
}

function story(
  what: string,
  seed: number,
  bytes: Buffer,
  cuts: readonly number[],
  ours: unknown,
  node: unknown,
): string {
  return [
    what,
    `seed ${seed}, cuts ${JSON.stringify(cuts)}`,
    JSON.stringify(bytes.latin1Slice()),
    `ours: ${JSON.stringify(ours)}`,
    `Node: ${JSON.stringify(node)}`,
  ].join('\n');
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : cuts[index - 1], end));
}

/** Each run has a seed of its own, `seed` + its number, so that a single one can be repeated. */
export async function fuzzRequests(driver: Driver, runs: number, seed: number): Promise<FuzzReport> {
  const report = newReport();
  const node = new NodeRequestParser();
  for (let run = 0; run < runs && report.disagreement === null; run++) {
    const chance = new Chance(seed + run);
    const { bytes, isValid } = generateRequests(chance);
    const cuts = chance.cuts(bytes.length);
    const ours = await driver.readRequests(bytes, cuts);
    const theirs = node.read(chance.is(0.1) ? split(bytes, chance.cuts(bytes.length)) : [bytes]);
    count(report, ours, theirs);
    let what = disagreement(ours, theirs, isValid);
    if (what === null && ours.forwarded !== null && ours.messages.length > 0) {
      what = forwardedDisagreement(ours, node.read([ours.forwarded]));
    }
    if (what !== null) report.disagreement = story(what, seed + run, bytes, cuts, { ...ours, forwarded: null }, theirs);
    // Node frees its sockets and parsers in later turns.
    if (run % 64 === 63) await new Promise(setImmediate);
  }
  return report;
}

function count(report: FuzzReport, ours: Reading, theirs: Reading): void {
  report.runs++;
  report.accepted += Math.min(ours.messages.length, theirs.messages.length);
  if (theirs.end === 'refused') report.refusedByNode++;
  if (ours.messages.length < theirs.messages.length) report.refusedByUs++;
}

const BATCH = 64;

export async function fuzzResponses(driver: Driver, runs: number, seed: number): Promise<FuzzReport> {
  const report = newReport();
  for (let run = 0; run < runs && report.disagreement === null; run += BATCH) {
    const cases = Array.from({ length: Math.min(BATCH, runs - run) }, (_, index) => drawResponse(seed + run + index));
    // Node opens a request in a later turn.
    await new Promise(setImmediate);
    for (const drawn of cases) {
      if (report.disagreement === null) report.disagreement = await runResponse(driver, drawn, report);
      else drawn.node.finish(0);
    }
    await new Promise(setImmediate);
  }
  return report;
}

interface DrawnResponse extends Generated {
  readonly seed: number;
  readonly method: string;
  readonly cuts: readonly number[];
  readonly node: NodeResponseReader;
}

function drawResponse(seed: number): DrawnResponse {
  const chance = new Chance(seed);
  const method = chance.pick(['GET', 'GET', 'POST', 'HEAD']);
  const { bytes, isValid } = generateResponse(chance, method);
  return { seed, method, bytes, isValid, cuts: chance.cuts(bytes.length), node: new NodeResponseReader(method) };
}

async function runResponse(driver: Driver, drawn: DrawnResponse, report: FuzzReport): Promise<string | null> {
  const { bytes, cuts, method, node, seed, isValid } = drawn;
  const ours = await driver.readResponse(bytes, cuts, method);
  // Where we see the end of the message, Node has to see it too, at that byte.
  const end = ours.message === null ? bytes.length : ours.consumed;
  const isAccepted = ours.message !== null;
  const isOpen = node.push(bytes.subarray(0, isAccepted ? end - 1 : end));
  const before = isAccepted && isOpen && node.isComplete;
  if (isAccepted && isOpen) node.push(bytes.subarray(end - 1, end));
  const theirs: ResponseReading = node.finish(end);
  report.runs++;
  if (ours.message !== null && theirs.message !== null) report.accepted++;
  if (theirs.message === null) report.refusedByNode++;
  else if (ours.message === null) report.refusedByUs++;
  const what = responseDisagreement(ours, theirs, method, before, isValid);
  return what === null ? null : story(what, seed, bytes, cuts, ours, theirs);
}

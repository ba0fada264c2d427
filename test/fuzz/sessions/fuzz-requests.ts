/** Generated requests through a data plane, in all the ways in which a client and an endpoint can be slow or leave. */
import { Chance } from '../chance.ts';
import { generateRequests } from '../generate.ts';
import type { Generated } from '../generate.ts';
import { NodeRequestParser } from '../node-parser.ts';
import { AnsweringEndpoint } from './answering-endpoint.ts';
import { drawBigBody } from './big-body.ts';
import type { InMemoryConnection } from './in-memory-connection.ts';
import { RequestJudge } from './judge-requests.ts';
import { Client, split } from './peers.ts';
import { newSessionReport, tell } from './report.ts';
import type { SessionReport } from './report.ts';
import { PLAIN_CLIENT, SessionPlane, TRUSTED_CLIENT } from './session-plane.ts';

/** A plane remembers heads from run to run; a new one now and then has met none. */
const RUNS_PER_PLANE = 2000;

/** Each run has a seed of its own, `seed` + its number, and is the same whenever it is repeated. */
export async function fuzzSessionRequests(runs: number, seed: number): Promise<SessionReport> {
  const report = newSessionReport();
  const node = new NodeRequestParser();
  const judge = new RequestJudge(node);
  let plane = new SessionPlane();
  for (let run = 0; run < runs && report.disagreement === null; run++) {
    if (run % RUNS_PER_PLANE === RUNS_PER_PLANE - 1) {
      plane.destroy();
      plane = new SessionPlane();
    }
    fuzzOnce(seed + run, plane, node, judge, report);
    // Node frees its sockets and parsers in later turns.
    if (run % 64 === 63) await new Promise(setImmediate);
  }
  plane.destroy();
  return report;
}

function fuzzOnce(
  seed: number,
  plane: SessionPlane,
  node: NodeRequestParser,
  judge: RequestJudge,
  report: SessionReport,
): void {
  const chance = new Chance(seed);
  const { bytes, isValid } = drawRequests(chance);
  const cuts = chance.cuts(bytes.length);
  const address = chance.pick([PLAIN_CLIENT, TRUSTED_CLIENT]);
  plane.begin(seed ^ 0x5bd1e995);
  const endpoint = new AnsweringEndpoint(plane.transport.chance);
  plane.transport.onDial = (port) => endpoint.dial(port);
  const client = new Client();
  const connection = plane.connect(client, address);
  for (const part of split(bytes, cuts)) connection.arrive(part);
  const isDisturbed = chance.is(0.12);
  if (isDisturbed) disturb(chance, plane, connection, endpoint);
  plane.settle();
  connection.arriveEnd();
  plane.settle();
  for (const dialled of endpoint.connections) if (!dialled.isEnded) dialled.close();
  plane.settle();
  const reading = node.read([bytes]);
  const verdict = judge.judge({ bytes, isValid, address, isDisturbed, client, endpoint, node: reading });
  report.runs++;
  report.messages += verdict.compared;
  report.refusedByUs += verdict.refusedByUs;
  if (reading.end === 'refused') report.refusedByNode++;
  const what = verdict.what ?? plane.leftovers();
  if (what === null) return;
  report.disagreement = tell(what, seed, bytes, cuts, {
    forwarded: endpoint.connections.map(({ text }) => text),
    answers: client.text,
    end: client.end,
    disturbed: isDisturbed,
    node: reading,
  });
}

/** Now and then a body that no single write takes comes first, or a handshake after which all is a tunnel's. */
function drawRequests(chance: Chance): Generated {
  const drawn = generateRequests(chance);
  if (chance.is(0.02)) return behind(HANDSHAKE, drawn);
  return chance.is(0.01) ? behind(drawBigRequest(chance), drawn) : drawn;
}

const HANDSHAKE = 'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

function drawBigRequest(chance: Chance): string {
  const start = 'POST /big HTTP/1.1\r\nHost: big\r\n';
  const body = drawBigBody(chance);
  if (chance.is(0.5)) return `${start}Content-Length: ${body.length}\r\n\r\n${body}`;
  return `${start}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nX-T: 1\r\n\r\n`;
}

function behind(first: string, { bytes, isValid }: Generated): Generated {
  return { bytes: Buffer.concat([Buffer.from(first, 'latin1'), bytes]), isValid };
}

/** Somebody leaves, or time passes, at any moment. */
function disturb(
  chance: Chance,
  plane: SessionPlane,
  connection: InMemoryConnection,
  endpoint: AnsweringEndpoint,
): void {
  plane.turns(chance.below(40));
  const [dialled] = endpoint.connections.slice(-1);
  switch (chance.below(5)) {
    case 0:
      connection.arriveEnd();
      return;
    case 1:
      connection.arriveReset();
      return;
    case 2:
      if (dialled !== undefined) dialled.reset();
      return;
    case 3:
      if (dialled !== undefined) dialled.close();
      return;
    default:
      plane.pass(chance.pick([900, 11_000, 31_000, 61_000]));
  }
}

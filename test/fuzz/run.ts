/** The long run: `run.ts --messages N --seed S --kind request|response --level parser|session|config|proxy|hello`. Stops at the first disagreement, exit code 1. */
import { parseArgs } from 'node:util';
import { fuzzRequests, fuzzResponses } from './fuzz.ts';
import type { FuzzReport } from './fuzz.ts';
import { fuzzConfigs } from './mutate-config.ts';
import { fuzzHellos } from './hello/fuzz-hello.ts';
import { OurParser } from './our-parser.ts';
import { fuzzProxyHeaders } from './proxy/fuzz-proxy.ts';
import { runSessions } from './sessions/run-sessions.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    kind: { type: 'string' },
    level: { type: 'string' },
  },
});

function print(kind: string, seed: number, report: FuzzReport, seconds: number): void {
  const { runs, accepted, refusedByNode, refusedByUs } = report;
  const rate = Math.round(runs / seconds);
  console.log(
    `${kind}: ${runs} runs from seed ${seed} (${rate}/s), ${accepted} messages accepted by both, ` +
      `${refusedByNode} runs refused by Node, ${refusedByUs} by us alone`,
  );
  if (report.disagreement !== null) {
    console.log(report.disagreement);
    process.exitCode = 1;
  }
}

const runs = Number(values.messages);
const seed = Number(values.seed);
if (values.level === 'config') {
  const { configs, refused } = fuzzConfigs(runs, seed);
  console.log(`config: ${runs} runs from seed ${seed}, ${configs} valid, ${refused} refused, each with line and cure`);
}
if (values.level === 'proxy') {
  const { headers, verdicts, disagreement } = fuzzProxyHeaders(runs, seed);
  console.log(`proxy: ${headers} headers from seed ${seed}: ${JSON.stringify(verdicts)}`);
  if (disagreement !== null) {
    console.log(disagreement);
    process.exitCode = 1;
  }
}
if (values.level === 'hello') {
  const report = fuzzHellos(runs, seed);
  console.log(`hello: ${report.runs} hellos from seed ${seed}: ${JSON.stringify(report.verdicts)}`);
  if (report.disagreement !== null) {
    console.log(report.disagreement);
    process.exitCode = 1;
  }
}
for (const kind of ['request', 'response']) {
  if (['config', 'proxy', 'hello'].includes(values.level ?? '')) break;
  if (values.kind !== undefined && values.kind !== kind) continue;
  if (values.level !== 'parser') await runSessions(kind, runs, seed);
  if (values.level === 'session') continue;
  const start = performance.now();
  const fuzz = kind === 'request' ? fuzzRequests : fuzzResponses;
  const report = await fuzz(new OurParser(), runs, seed);
  print(kind, seed, report, (performance.now() - start) / 1000);
}

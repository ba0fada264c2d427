/** The long run over sessions, as `run.ts` prints it. */
import { fuzzSessionRequests } from './fuzz-requests.ts';
import { fuzzSessionResponses } from './fuzz-responses.ts';

/** Sets exit code 1 at a disagreement. */
export async function runSessions(kind: string, runs: number, seed: number): Promise<void> {
  const start = performance.now();
  const fuzz = kind === 'request' ? fuzzSessionRequests : fuzzSessionResponses;
  const { messages, refusedByNode, refusedByUs, disagreement, ...report } = await fuzz(runs, seed);
  const rate = Math.round(report.runs / ((performance.now() - start) / 1000));
  console.log(
    `${kind} sessions: ${report.runs} runs from seed ${seed} (${rate}/s), ${messages} messages passed and compared, ` +
      `${refusedByNode} runs refused by Node, ${refusedByUs} messages by us alone`,
  );
  if (disagreement === null) return;
  console.log(disagreement);
  process.exitCode = 1;
}

/** The body of a request to the admin API: JSON, counted while it comes. */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

const MOST_BYTES = 1024 * 1024;
const MOST_DEPTH = 64;

/** Resolves to what it says, null where there is none. Rejects with a {@link Problem}. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Problem(413, 'body-too-large', `a body has at most ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) return null;
  const type = request.headers['content-type']?.split(';', 1)[0].trim().toLowerCase();
  if (type !== 'application/json') throw new Problem(415, 'not-json', 'a body is application/json');
  const parsed = parse(Buffer.concat(chunks).toString());
  if (depthOf(parsed) > MOST_DEPTH)
    throw new Problem(422, 'too-deep', `maps and lists stand in each other at most ${MOST_DEPTH} deep`);
  return parsed;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(
      400,
      'malformed',
      `the body is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** By a list of its own: what is deep would end the stack. */
function depthOf(value: unknown): number {
  let level = [value];
  for (let depth = 0; ; depth++) {
    const next = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    );
    if (next.length === 0 || depth > MOST_DEPTH) return depth;
    level = next;
  }
}

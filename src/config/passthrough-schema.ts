/** Which connections of a listener with TLS are not opened, by the name that their clients ask for. */
import { z } from 'zod';
import { parseServerName } from './addresses.ts';
import { note, notesOf } from './described.ts';
import { Mistake } from './errors.ts';
import { poolName } from './pool-name.ts';
import { cureNoMap, readWith } from './scalars.ts';

/** Before the times of its pool are filled in. */
export interface WrittenPassthrough {
  readonly name: string;
  readonly pool: string;
}

const EXAMPLE = 'Write the names and where they go, e.g. passthrough: { "*.legacy.example.com": legacy }.';

const map = note(
  z
    .record(z.string(), z.unknown(), { error: ({ input }) => cureNoMap(input, 'Passthrough') })
    .refine((written) => Object.keys(written).length > 0, {
      error: 'the map is empty',
      params: { cure: EXAMPLE },
    }),
  { words: 'map of names to pools', tsKeys: 'string', minProperties: 1, additionalProperties: notesOf(poolName) },
);

export const passthroughSchema = map.transform((written, context): readonly WrittenPassthrough[] => {
  const passed = new Map<string, string>();
  for (const [pattern, value] of Object.entries(written)) {
    const pool = readWith(poolName, value, context, [pattern]);
    const name = parseServerName(pattern, FOR_ALL);
    const mistake = name instanceof Mistake ? name : passed.has(name) ? new Mistake(TWICE, 'Take one out.') : null;
    if (mistake !== null) {
      const { message, cure } = mistake;
      context.issues.push({ code: 'custom', message, params: { cure }, input: value, path: [pattern] });
    } else passed.set(name as string, pool);
  }
  return [...passed].map(([name, pool]) => ({ name, pool }));
});

const FOR_ALL = new Mistake(
  'every connection would pass',
  'For all names, write a listener with tcp, and without tls.',
);
const TWICE = 'the name is there twice';

/** Which connections of a listener with TLS are not opened, by the name that their clients ask for. */
import { z } from 'zod';
import { isHostName } from './addresses.ts';
import { note, notesOf } from './described.ts';
import { Mistake } from './errors.ts';
import { poolName } from './pool-name.ts';
import { cureNoMap, readWith } from './scalars.ts';
import { describeValue } from './units.ts';

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
    const name = parseServerName(pattern);
    const mistake = name instanceof Mistake ? name : passed.has(name) ? new Mistake(TWICE, 'Take one out.') : null;
    if (mistake !== null) {
      const { message, cure } = mistake;
      context.issues.push({ code: 'custom', message, params: { cure }, input: value, path: [pattern] });
    } else passed.set(name as string, pool);
  }
  return [...passed].map(([name, pool]) => ({ name, pool }));
});

const TWICE = 'the name is there twice';

const CURE = 'Write a name such as legacy.example.com, or *.legacy.example.com for one label more.';

/** In lower case. Clients never ask for an address. */
function parseServerName(pattern: string): string | Mistake {
  const name = pattern.toLowerCase().replace(/\.$/, '');
  if (name === '*')
    return new Mistake('every connection would pass', 'For all names, write a listener with tcp, and without tls.');
  if (/[^\0-\x7f]/.test(name))
    return new Mistake(`${describeValue(pattern)} is not in ASCII`, 'Write the name in its xn-- form.');
  if (name.startsWith('.')) return new Mistake(`${describeValue(pattern)} begins with a dot`, `Write "*${name}".`);
  if (isHostName(name.startsWith('*.') ? name.slice(2) : name)) return name;
  return new Mistake(`${describeValue(pattern)} is no name that clients of TLS ask for`, CURE);
}

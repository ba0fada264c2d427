/**
 * Every key that the config schema knows, found by asking the parser: a key that cannot exist is written in every
 * place, and the error names those that can. Nothing here knows the schema, so that a new key is found by itself.
 */
import { parse } from './placed-key.ts';

/** No key of any section is near to it, so that the error lists them all. */
const IMPOSSIBLE = 'zzqqxx';
/** The smallest config. */
const BASE: Readonly<Record<string, unknown>> = { pools: { web: ['localhost:8081'] } };

type Shape = (value: unknown) => unknown;

/** What a value may be wrapped in on its way into a section: nothing, a list, a map of names. */
const SHAPES: readonly Shape[] = [(value) => value, (value) => [value], (value) => ({ web: value })];

/** One step towards a section: its key, and what stands between it and the section's own keys. */
interface Step {
  readonly key: string;
  readonly shape: Shape;
}

/** A config that has `value` at the end of the steps. */
function configWith(steps: readonly Step[], value: unknown): Readonly<Record<string, unknown>> {
  const nested = steps.reduceRight<unknown>((inner, { key, shape }) => ({ [key]: shape(inner) }), value);
  return { ...BASE, ...(nested as Readonly<Record<string, unknown>>) };
}

/** The keys that may stand there, or null where the place takes no map of known keys. */
function askForKeys(steps: readonly Step[]): readonly string[] | null {
  const parsed = parse(configWith(steps, { [IMPOSSIBLE]: 1 }));
  if (!('errors' in parsed)) return null;
  const answer = parsed.errors.find(
    ({ key, cure }) => key.split('.').at(-1) === IMPOSSIBLE && cure.startsWith('Use "'),
  );
  return answer === undefined ? null : [...answer.cure.matchAll(/"([^"]+)"/g)].map((match) => match[1]);
}

/** Dotted paths of all keys; what stands for a name or a place in a list is left out: `pools.endpoints.weight`. */
export function findSchemaKeys(): ReadonlySet<string> {
  const found = new Set<string>();
  visit([], askForKeys([]) ?? [], found);
  return found;
}

function visit(steps: readonly Step[], keys: readonly string[], found: Set<string>): void {
  for (const key of keys) {
    found.add([...steps.map((step) => step.key), key].join('.'));
    for (const shape of SHAPES) {
      const inner = [...steps, { key, shape }];
      const innerKeys = askForKeys(inner);
      if (innerKeys === null) continue;
      visit(inner, innerKeys, found);
      break;
    }
  }
}

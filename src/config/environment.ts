/** `${NAME}` and `${NAME:-default}` in the values of a config. */
import { isScalar, parseDocument } from 'yaml';
import { Mistake } from './errors.ts';

/** Where variables are looked up; `process.env` by default. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A reference, its escape `$${`, or a beginning that leads to neither. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_]\w*)(:-([^}]*))?\}|\$\{/g;

export function hasReference(text: string): boolean {
  return text.includes('${');
}

/** The text with its references replaced. As in shells, a default is used for an empty variable as well. */
export function substitute(text: string, env: Environment): string | Mistake {
  let mistake: Mistake | null = null;
  const result = text.replace(REFERENCE, (whole: string, name?: string, withDefault?: string, byDefault?: string) => {
    if (whole === '$${') return '${';
    if (name === undefined) {
      mistake ??= new Mistake('"${" begins no reference', 'Write ${NAME} or ${NAME:-default}; $${ is the text "${".');
      return whole;
    }
    const value = env[name];
    if (value !== undefined && (value !== '' || withDefault === undefined)) return value;
    if (withDefault !== undefined) return byDefault ?? '';
    mistake ??= new Mistake(
      `the environment variable ${name} is not set`,
      `Set it, or write a default: \${${name}:-value}.`,
    );
    return whole;
  });
  return mistake ?? result;
}

/**
 * What a plain scalar of that text is by YAML's core schema: `8081` a number, `true` a boolean. Any other text stays
 * text, so that no variable brings structure into a config.
 */
export function readScalar(text: string): unknown {
  const { contents, errors } = parseDocument(text, { logLevel: 'error' });
  const isPlain = errors.length === 0 && isScalar(contents) && contents.type === 'PLAIN' && contents.source === text;
  return isPlain ? contents.value : text;
}

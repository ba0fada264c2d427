/** What is wrong with a config, in a form that says where, what and how to mend it. */

export interface ConfigError {
  /** As it was named to us. */
  readonly file: string;
  /** From 1; 0 where the fault lies in no line (a file that cannot be read, the command line). */
  readonly line: number;
  /** From 1; 0 as for `line`. */
  readonly column: number;
  /** The key as a path, e.g. `pools.web.endpoints[1].weight`; `''` for the whole file. */
  readonly key: string;
  /** The mistake: a sentence without its final stop. */
  readonly message: string;
  /** What to do about it: a sentence. */
  readonly cure: string;
}

/** A value that is not acceptable, before anybody knows where it stands. */
export class Mistake {
  readonly message: string;
  readonly cure: string;

  constructor(message: string, cure: string) {
    this.message = message;
    this.cure = cure;
  }
}

/** A mistake and the place of the value in the config, in the words of the long forms. */
export interface Problem {
  readonly path: readonly (string | number)[];
  /** Points at the key instead of the value: the key itself is wrong. */
  readonly atKey?: boolean;
  readonly mistake: Mistake;
}

/** One line per error: `fairlead.yaml:3:5: pools.web.polcy: there is no such key. Did you mean "policy"?` */
export function formatConfigErrors(errors: readonly ConfigError[]): string {
  return errors.map(formatConfigError).join('\n');
}

function formatConfigError({ file, line, column, key, message, cure }: ConfigError): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}: ${key === '' ? '' : `${key}: `}${message}. ${cure}`;
}

/** `pools.web.endpoints[1].weight`; a key that is not a plain word is quoted: `pools["a b"]`. */
export function formatKey(path: readonly (string | number)[]): string {
  let key = '';
  for (const segment of path) {
    if (typeof segment === 'number') key += `[${segment}]`;
    else if (!/^[\w-]+$/.test(segment)) key += `[${JSON.stringify(segment)}]`;
    else key += key === '' ? segment : `.${segment}`;
  }
  return key;
}

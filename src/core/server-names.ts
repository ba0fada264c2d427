/**
 * Names that clients of TLS ask for (SNI), and what stands for them: a name itself comes first, then `*.` in place of its
 * first label, and never of more than one.
 */
import type { ListenerSpec } from './snapshot.ts';

/** `a.b.example` → `*.b.example`; `''` where no wildcard can stand for it. */
export function underWildcard(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : `*${name.slice(dot)}`;
}

/** What stands for names, by patterns in lower case. */
export class ServerNames<T> {
  readonly #byPattern: ReadonlyMap<string, T>;

  constructor(byPattern: Iterable<readonly [pattern: string, value: T]>) {
    this.#byPattern = new Map(byPattern);
  }

  /** `name`: in lower case; `''` is none, and nothing stands for it. */
  find(name: string): T | undefined {
    return this.#byPattern.get(name) ?? this.#byPattern.get(underWildcard(name));
  }
}

/** The names of a listener whose connections it does not open, with the pool that each goes to; null: it has none. */
export function passedNames({ tls }: Pick<ListenerSpec, 'tls'>): ServerNames<string> | null {
  if (tls?.passthrough === undefined) return null;
  return new ServerNames(tls.passthrough.map(({ name, to }) => [name, to.pool]));
}

/** Whether connections of a listener become sessions of layer 4, all of them or some. */
export function hasSessions({ tcp, tls }: Pick<ListenerSpec, 'tcp' | 'tls'>): boolean {
  return tcp !== undefined || tls?.passthrough !== undefined;
}

/** Whether a name in lower case is among them; an empty set has all names, and no name at all. */
export function coversName(names: ReadonlySet<string>, name: string): boolean {
  return names.size === 0 || names.has(name) || names.has(underWildcard(name));
}

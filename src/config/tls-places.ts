/**
 * Where a config names what TLS is spoken with. Whether that can be used is found out by whoever reads it, which may be
 * another process: this is plain data.
 */
import type { Config } from './config.ts';
import { type ConfigError, Mistake, type Problem, formatKey } from './errors.ts';
import { Defaults } from './merge-defaults.ts';
import { NAMED_FILES, filesAt } from './named-files.ts';
import { isWrittenMap } from './written.ts';

/** Where a part of a config is written, and how. */
export type ConfigPlace = Pick<ConfigError, 'file' | 'line' | 'column' | 'key' | 'excerpt'>;

/** By keys in the words of the long forms, entries of lists by number: `pools.api.tls.ca`. */
export type TlsPlaces = ReadonlyMap<string, ConfigPlace>;

type Path = Problem['path'];

/** Only the place of a problem is asked for. */
const NOTHING = new Mistake('', '');
const LISTENER_FILES = stepsOf('listeners');
const POOL_FILES = stepsOf('pools');

/** `written`: what the config was built from. `locate` finds what is written in the words of the long forms. */
export function findTlsPlaces(config: Config, written: unknown, locate: (problem: Problem) => ConfigPlace): TlsPlaces {
  const places = new Map<string, ConfigPlace>();
  const note = (path: Path, asked: Problem): void => void places.set(formatKey(path), locate(asked));
  for (const { id, tls } of config.listeners) {
    if (tls === null) continue;
    for (const keys of [...pathsIn(tls, LISTENER_FILES), ...(tls.acme.length > 0 ? [['acme']] : [])]) {
      const path = ['listeners', id, 'tls', ...keys];
      note(path, { path, mistake: NOTHING });
    }
  }
  const defaults = new Defaults(mapAt(written, 'defaults'));
  for (const { id, tls } of config.pools) {
    if (tls === null) continue;
    for (const keys of pathsIn(tls, POOL_FILES)) {
      const path = ['pools', id, 'tls', ...keys];
      note(path, defaults.place({ path, mistake: NOTHING }, ['pools', id], mapAt(written, 'pools')[id]));
    }
  }
  if (config.settings.acme !== null) note(['acme'], { path: ['acme'], mistake: NOTHING });
  return places;
}

/** Below `tls`. */
function stepsOf(section: string): readonly (readonly string[])[] {
  const own = NAMED_FILES.filter(({ path: [first, , key] }) => first === section && key === 'tls');
  return own.map(({ path }) => path.slice(3));
}

/** Of every file, and of what it is a part of: a mistake may be of a certificate and its key together. */
function pathsIn(tls: object, files: readonly (readonly string[])[]): readonly Path[] {
  const paths = files.flatMap((steps) => filesAt(tls, steps)).map(({ path }) => path);
  const all = paths.flatMap((path) => path.map((_, i) => path.slice(0, i + 1)));
  return [...new Map(all.map((path) => [formatKey(path), path])).values()];
}

function mapAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const inner = isWrittenMap(value) && Object.hasOwn(value, key) ? value[key] : null;
  return isWrittenMap(inner) ? inner : {};
}

/** Values as a config writes them, in types that the compiler checks. */

/** A time with its unit, 1 ms to 24 days: `'500ms'`, `'5s'`, `'1.5m'`, `'1h'`, `'1d'`. */
export type Duration = `${number}ms` | `${number}s` | `${number}m` | `${number}h` | `${number}d`;

/** A size with its unit: `'512B'`, `'64KiB'`, `'16MiB'`; `kB`, `MB`, `GB` and `TB` are powers of ten. */
export type Size =
  | `${number}B`
  | `${number}KiB`
  | `${number}MiB`
  | `${number}GiB`
  | `${number}TiB`
  | `${number}kB`
  | `${number}KB`
  | `${number}MB`
  | `${number}GB`
  | `${number}TB`;

/** A share in whole percent: `'20%'`. */
export type Percent = `${number}%`;

/** A switch; `true` is `'on'`. */
export type Toggle = 'on' | 'off' | boolean;

/** Switches a setting off. */
export type Off = 'off' | false;

/** So many each second: `'10/s'`. */
export type Rate = `${number}/s`;

/** So many bytes each second: `'240B/s'`. */
export type ByteRate = `${Size}/s`;

/** What so many percent of times are below: `'p95'`. */
export type Percentile = `p${number}`;

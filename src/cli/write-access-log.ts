/** The access log of a config, converted back to what a config file says. */
import type { AccessLogSpec, LogFormat, LogRotation, LogTarget, RouteLogSpec } from '../core/access-log.ts';
import { formatDuration, formatSize, onOff } from './written-units.ts';

export function writeAccessLog(accessLog: AccessLogSpec | null): unknown {
  if (accessLog === null) return 'off';
  const { format, to, mask, bufferBytes, unrouted } = accessLog;
  return {
    format: writeFormat(format),
    to: writeTarget(to),
    ...(unrouted === null ? {} : writeChoice(unrouted)),
    mask,
    buffer: formatSize(bufferBytes),
  };
}

export function writeRouteLog(log: RouteLogSpec | null): unknown {
  return log === null ? 'off' : writeChoice(log);
}

function writeChoice({ level, only, slowMs, sample }: RouteLogSpec): object {
  return { level, only, slow: formatDuration(slowMs), sample };
}

/** Every field in braces: a letter may follow. `$${` is what a config reads as `${`. */
function writeFormat(format: LogFormat): string {
  if (typeof format === 'string') return format;
  const pieces = format.map((part) => ('text' in part ? part.text.replaceAll('$', () => '$$') : `\${${part.field}}`));
  return pieces.join('').replaceAll('${', () => '$${');
}

function writeTarget(to: LogTarget): unknown {
  if (to.kind !== 'file') return to.kind;
  return { file: to.path, rotate: to.rotate === null ? 'off' : writeRotation(to.rotate) };
}

function writeRotation({ bytes, every, keep, compress }: LogRotation): object {
  return {
    size: bytes === 0 ? 'off' : formatSize(bytes),
    every: every === '' ? 'off' : every,
    keep,
    compress: onOff(compress),
  };
}

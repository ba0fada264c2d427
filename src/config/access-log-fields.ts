/** The fields of a line of the access log, as custom formats name them. */
import type { LogField, LogPart } from '../core/access-log.ts';
import { didYouMean, listNames } from './closest-name.ts';
import { Mistake } from './errors.ts';

/** Named formats. */
export const LOG_FORMATS = ['json', 'common', 'combined'] as const;

const LOG_FIELDS = [
  'time',
  'client',
  'method',
  'host',
  'path',
  'protocol',
  'status',
  'bytesIn',
  'bytesOut',
  'listener',
  'route',
  'pool',
  'endpoint',
  'attempts',
  'reason',
  'requestId',
  'userAgent',
  'referer',
  'queueMs',
  'connectMs',
  'firstByteMs',
  'totalMs',
  'sni',
  'tlsVersion',
  'tlsCipher',
  'tlsResumed',
  'clientCert',
] as const satisfies readonly LogField[];

/** `$name`, `${name}` where a letter follows, `$$` for the sign itself. */
const FIELD = /\$(?:(\$)|\{(\w+)\}|(\w+))/g;

/** A custom format as text and fields in turn. */
export function parseLogFormat(format: string): readonly LogPart[] | Mistake {
  const parts: LogPart[] = [];
  let from = 0;
  for (const match of format.matchAll(FIELD)) {
    const [whole, sign, braced, plain] = match;
    const text = format.slice(from, match.index) + (sign ?? '');
    if (text !== '') parts.push({ text });
    from = match.index + whole.length;
    if (sign !== undefined) continue;
    const name = braced ?? plain;
    const field = LOG_FIELDS.find((each) => each === name);
    if (field === undefined) {
      return new Mistake(`there is no field $${name}`, didYouMean(name, LOG_FIELDS, `Use ${listNames(LOG_FIELDS)}.`));
    }
    parts.push({ field });
  }
  if (from < format.length) parts.push({ text: format.slice(from) });
  return parts;
}

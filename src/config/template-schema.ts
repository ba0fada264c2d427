/** Templates as they are written in a config: text with variables in braces. */
import type { TemplatePlace } from '../core/http/template.ts';
import { VARIABLES, isTemplateFault, parseTemplate } from '../core/http/template-text.ts';
import type { TemplateFault, TemplatePiece } from '../core/http/template-text.ts';
import { hasDotSegment } from '../core/routing/path.ts';
import { didYouMean } from './closest-name.ts';
import { Mistake } from './errors.ts';
import { FIELD_VALUE, scalar } from './scalars.ts';
import { describeValue } from './units.ts';

/** Variables of what is not built so far. */
const NOT_BUILT = /^\{(?:user|claim\..*|client\.zone)\}$/;

/** What other programs call ours. */
const FOREIGN: Readonly<Record<string, string>> = {
  remote_addr: 'client.ip',
  remote_port: 'client.port',
  host: 'host',
  request_uri: 'target',
  uri: 'path',
  args: 'query',
  query_string: 'query',
  request_id: 'request.id',
  request_method: 'method',
  scheme: 'scheme',
  ssl_protocol: 'tls.version',
  ssl_server_name: 'tls.serverName',
  time_iso8601: 'time',
};

export function readTemplate(value: unknown, place: TemplatePlace): readonly TemplatePiece[] | Mistake {
  if (typeof value !== 'string') {
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    return new Mistake(
      `a value is text, not ${describeValue(value)}`,
      isPlain
        ? `Put it in quotes: "${String(value)}".`
        : 'Write text, with variables such as {client.ip} where they belong.',
    );
  }
  const pieces = parseTemplate(value);
  if (isTemplateFault(pieces)) return describeFault(pieces);
  const dollar = place === 'header' ? /^\$\{?([a-z_0-9]+)\}?$/.exec(value) : null;
  if (dollar !== null && Object.hasOwn(FOREIGN, dollar[1]))
    return new Mistake(`${describeValue(value)} is a variable of nginx`, `Write '{${FOREIGN[dollar[1]]}}'.`);
  return pieces;
}

function describeFault({ kind, text }: TemplateFault): Mistake {
  if (kind === 'lone-brace')
    return new Mistake(
      `${text} stands alone`,
      'Write {{ and }} for braces themselves, and {client.ip} for a variable.',
    );
  if (kind === 'bad-name')
    return new Mistake(
      `${text} has no name that can be`,
      'Write e.g. {header.X-Tenant}, {cookie.id}, {query.v} or {path.1}.',
    );
  if (NOT_BUILT.test(text)) return new Mistake(`${text} is not built yet`, 'Take it out.');
  const cure = `Use one of ${VARIABLES.map((name) => `{${name}}`).join(', ')}.`;
  return new Mistake(`${text} is no variable`, didYouMean(text.slice(1, -1), VARIABLES, cure));
}

/** The value of a header line. */
export const fieldTemplate = scalar(
  (value) => {
    const pieces = readTemplate(value, 'header');
    if (pieces instanceof Mistake) return pieces;
    return FIELD_VALUE.test(String(value))
      ? String(value)
      : new Mistake(
          `${describeValue(value)} can stand in no header`,
          'Use visible ASCII characters, without spaces around them.',
        );
  },
  { type: 'string', words: 'text with variables' },
);

/** The value of a parameter. Its text is escaped as forms are. */
export const parameterTemplate = scalar(
  (value) => {
    const pieces = readTemplate(value, 'query');
    return pieces instanceof Mistake
      ? pieces
      : (checkTexts(pieces, /^[A-Za-z0-9\-._~%/:@!$'()*,;]*$/, value) ?? String(value));
  },
  { type: 'string', words: 'text with variables' },
);

const ELSEWHERE: Readonly<Record<string, string>> = {
  target: 'Write {path}: the query stays by itself.',
  query: 'Take it out: the query stays by itself, and setQuery and removeQuery change it.',
};

export const pathTemplate = scalar(
  (value) => {
    const pieces = readTemplate(value, 'path');
    if (pieces instanceof Mistake) return pieces;
    const text = String(value);
    const other = pieces.find((piece) => 'variable' in piece && Object.hasOwn(ELSEWHERE, piece.variable));
    if (other !== undefined && 'variable' in other)
      return new Mistake(`${other.written} is no path`, ELSEWHERE[other.variable]);
    if (text.includes('*'))
      return new Mistake(
        `${describeValue(text)} has a *, and path is what endpoints get`,
        'Conditions stand in match: write match: { path: … }. For a path of its own, put a variable such as {path} in the place of *.',
      );
    if (!text.startsWith('/') && !text.startsWith('{path}'))
      return new Mistake(`${describeValue(text)} does not begin with a slash`, `Write '/${text}'.`);
    if (/^\/[/\\]/.test(text)) return new Mistake('a path does not begin with two slashes', 'Write one.');
    if (/[?#]/.test(text))
      return new Mistake('a path has no query and no fragment', 'Leave out what follows; setQuery writes the query.');
    if (hasDotSegment(text))
      return new Mistake(`${describeValue(text)} has a segment of dots`, 'Write the path that it means.');
    return checkTexts(pieces, /^(?:%[0-9A-Fa-f]{2}|[!$&-;=@-[\]_a-z~])*$/, value) ?? text;
  },
  { type: 'string', words: 'path with variables' },
);

/** `texts`: what a URL may have there as it is. */
function checkTexts(pieces: readonly TemplatePiece[], texts: RegExp, value: unknown): Mistake | null {
  const wrong = pieces.find((piece) => 'text' in piece && !texts.test(piece.text));
  return wrong === undefined
    ? null
    : new Mistake(
        `${describeValue(value)} has characters that must be escaped there`,
        'Write them as escapes, e.g. %20 for a blank.',
      );
}

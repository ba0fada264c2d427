/**
 * A compiled template. It knows where it writes, and no value leaves its place: in a header none ends the line, in a
 * path none ends it or leaves the folder it was put into, in a query none ends its parameter.
 */
import { decodeForm } from '../routing/form-text.ts';
import { QueryName } from '../routing/query-name.ts';
import { CookieWalk } from './cookies.ts';
import { valuesOf } from './header-lines.ts';
import { isTemplateFault, parseTemplate } from './template-text.ts';
import type { PlainVariable, TemplatePiece, VariableName } from './template-text.ts';

/**
 * `header`: the value of a header line. `path`: the path of a target. `query`: the value of a parameter in one.
 * `location`: a URL or a path, its query included, for a client.
 */
export type TemplatePlace = 'header' | 'path' | 'query' | 'location';

/** What variables stand for. All texts are latin1, a character a byte. */
export interface TemplateValues {
  /** Seen through the proxies that are trusted. */
  readonly clientIp: string;
  /** `''` where a proxy has not told it. */
  readonly clientPort: string;
  readonly peerIp: string;
  readonly requestId: string;
  readonly route: string;
  readonly pool: string;
  readonly listener: string;
  /** Normal form. */
  readonly host: string;
  readonly method: string;
  readonly scheme: string;
  /** As it came. */
  readonly target: string;
  /** Normal form. */
  readonly path: string;
  /** As it came, without the `?`. */
  readonly query: string;
  readonly tlsVersion: string;
  readonly tlsServerName: string;
  readonly time: string;
  readonly lines: string;
  /** Of the route's pattern, by number or name, as it is in the path; `''` where it took part in no match. */
  group(name: string): string;
}

type Read = (values: TemplateValues) => string;
type Escape = (value: string) => string;

const PLAIN: Readonly<Record<PlainVariable, Read>> = {
  'client.ip': (values) => values.clientIp,
  'client.port': (values) => values.clientPort,
  'peer.ip': (values) => values.peerIp,
  'request.id': (values) => values.requestId,
  route: (values) => values.route,
  pool: (values) => values.pool,
  listener: (values) => values.listener,
  host: (values) => values.host,
  method: (values) => values.method,
  scheme: (values) => values.scheme,
  target: (values) => values.target,
  path: (values) => values.path,
  query: (values) => values.query,
  'tls.version': (values) => values.tlsVersion,
  'tls.serverName': (values) => values.tlsServerName,
  time: (values) => values.time,
};

/** They are of one request; all others are of its head and its connection, and the same each time these are. */
const PER_REQUEST: ReadonlySet<VariableName> = new Set(['request.id', 'time']);

/** They come as a target has them, with escapes. */
const IN_TARGETS: ReadonlySet<VariableName> = new Set(['target', 'path', 'path.', 'query']);

export class Template {
  /** Text as it is, where nothing of a request is in it; else null. */
  readonly text: string | null;
  /** It differs from request to request, be they alike or not. */
  readonly isPerRequest: boolean;
  readonly #parts: readonly (string | Read)[];

  constructor(pieces: readonly TemplatePiece[], place: TemplatePlace) {
    this.#parts = pieces.map((piece) => ('text' in piece ? piece.text : readerOf(piece, place)));
    this.isPerRequest = pieces.some((piece) => 'variable' in piece && PER_REQUEST.has(piece.variable));
    this.text = pieces.every((piece) => 'text' in piece) ? this.#parts.join('') : null;
  }

  write(values: TemplateValues): string {
    if (this.text !== null) return this.text;
    let text = '';
    for (const part of this.#parts) text += typeof part === 'string' ? part : part(values);
    return text;
  }
}

/** Throws where the template is not well formed; configs are checked before. */
export function compileTemplate(source: string, place: TemplatePlace): Template {
  const pieces = parseTemplate(source);
  if (isTemplateFault(pieces)) throw new Error(`no template: ${source}`);
  return new Template(pieces, place);
}

function readerOf({ variable, name }: Extract<TemplatePiece, { variable: string }>, place: TemplatePlace): Read {
  const read = valueOf(variable, name);
  const escape = escapeOf(variable, place);
  return (values) => escape(read(values));
}

function valueOf(variable: VariableName, name: string): Read {
  switch (variable) {
    case 'path.':
      return (values) => values.group(name);
    case 'header.':
      return ({ lines }) => headerValue(lines, name);
    case 'cookie.':
      return cookieReader(name);
    case 'query.':
      return queryReader(name);
    default:
      return PLAIN[variable];
  }
}

function escapeOf(variable: VariableName, place: TemplatePlace): Escape {
  if (place === 'header') return escapeField;
  if (place === 'path') return variable === 'path' || variable === 'path.' ? escapePath : escapeAll;
  if (!IN_TARGETS.has(variable)) return escapeAll;
  return place === 'query' ? escapeParameter : escapeUrl;
}

const NOT_IN_FIELDS = /[^\t\x20-\x7e\x80-\xff]/g;
const NOT_UNRESERVED = /[^A-Za-z0-9\-._~]/g;
/** An escape that is cut off would take what follows for its digits. */
const NOT_IN_PATHS = /%(?![0-9A-Fa-f]{2})|[^!-~]|[?#]/g;
const NOT_IN_URLS = /%(?![0-9A-Fa-f]{2})|[^!-~]|[#<>"{}|\\^`]/g;
const NOT_IN_PARAMETERS = /%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~%/:@!$'()*,;]/g;

function escapeField(value: string): string {
  return value.replace(NOT_IN_FIELDS, escapeOne);
}

function escapeAll(value: string): string {
  return value.replace(NOT_UNRESERVED, escapeOne);
}

function escapePath(value: string): string {
  return value.replace(NOT_IN_PATHS, escapeOne);
}

function escapeUrl(value: string): string {
  return value.replace(NOT_IN_URLS, escapeOne);
}

function escapeParameter(value: string): string {
  return value.replace(NOT_IN_PARAMETERS, escapeOne);
}

/** What is no latin1 goes as a `?`: its lower eight bits would be another character. */
function escapeOne(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? '%3F' : `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** All lines of the name, as one list. */
function headerValue(lines: string, name: string): string {
  return valuesOf(lines, name)
    .filter((value) => value !== '')
    .join(', ');
}

function cookieReader(name: string): Read {
  const walk = new CookieWalk(name);
  return ({ lines }) => walk.first(lines) ?? '';
}

/** The first parameter of the name, as forms decode it. */
function queryReader(name: string): Read {
  const parameter = new QueryName(name);
  return ({ target }) => (parameter.find(target) ? decodeForm(target, parameter.start, parameter.end) : '');
}

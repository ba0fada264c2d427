/** What a template is as it is written: text with variables in braces, `{{` and `}}` for braces themselves. */

/** Text as it is, or a variable: what it is of, and which of several. */
export type TemplatePiece =
  { readonly text: string } | { readonly variable: VariableName; readonly name: string; readonly written: string };

/** Variables that stand alone, and those with a name behind a dot. */
const PLAIN = [
  ...['client.ip', 'client.port', 'peer.ip', 'request.id', 'route', 'pool', 'listener', 'host', 'method', 'scheme'],
  ...['target', 'path', 'query', 'tls.version', 'tls.serverName', 'time'],
] as const;
const NAMED = ['path', 'query', 'header', 'cookie'] as const;

export type PlainVariable = (typeof PLAIN)[number];
export type NamedVariable = (typeof NAMED)[number];
export type VariableName = PlainVariable | `${NamedVariable}.`;

/** What is wrong with a template, for whoever says it. */
export interface TemplateFault {
  readonly kind: 'unknown' | 'lone-brace' | 'bad-name';
  /** What it is about, as it was written. */
  readonly text: string;
}

export const VARIABLES: readonly string[] = [...PLAIN, ...NAMED.map((name) => `${name}.NAME`)];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const GROUP = /^(?:[1-9][0-9]?|[A-Za-z_$][\w$]*)$/;
const PIECE = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;

/** The pieces in order, neighbouring texts as one, or the first mistake. */
export function parseTemplate(source: string): readonly TemplatePiece[] | TemplateFault {
  const pieces: TemplatePiece[] = [];
  let text = '';
  for (const [found, inside] of source.matchAll(PIECE)) {
    if (found === '{{' || found === '}}') text += found[0];
    else if (found === '{' || found === '}') return { kind: 'lone-brace', text: found };
    else if (inside === undefined) text += found;
    else {
      const piece = variableOf(inside);
      if ('kind' in piece) return piece;
      if (text !== '') pieces.push({ text });
      text = '';
      pieces.push(piece);
    }
  }
  if (text !== '') pieces.push({ text });
  return pieces;
}

function variableOf(inside: string): Extract<TemplatePiece, { variable: string }> | TemplateFault {
  const plain = PLAIN.find((name) => name === inside);
  const written = `{${inside}}`;
  if (plain !== undefined) return { variable: plain, name: '', written };
  const dot = inside.indexOf('.');
  const kind = NAMED.find((name) => name === inside.slice(0, dot));
  if (kind === undefined) return { kind: 'unknown', text: written };
  const name = inside.slice(dot + 1);
  const isGood = kind === 'path' ? GROUP.test(name) : kind === 'query' ? name !== '' : TOKEN.test(name);
  if (!isGood) return { kind: 'bad-name', text: written };
  return { variable: `${kind}.`, name: kind === 'header' ? name.toLowerCase() : name, written };
}

export function isTemplateFault(parsed: readonly TemplatePiece[] | TemplateFault): parsed is TemplateFault {
  return 'kind' in parsed;
}

/** Text that a template writes as it is. */
export function escapeTemplate(text: string): string {
  return text.replace(/[{}]/g, '$&$&');
}

/** Why a certificate could not be got, in words; what an authority says of it is quoted, and made harmless. */

const MOST_LETTERS = 300;
const URN = 'urn:ietf:params:acme:error:';

export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  /** The authority's word for it (RFC 8555 6.7): `rateLimited`; `''`: it has said none. */
  readonly type: string;
  /** For so long it wants to be left alone; 0: it says nothing of it. */
  readonly retryAfterMs: number;

  constructor(message: string, { type = '', retryAfterMs = 0 } = {}) {
    super(message);
    this.type = type;
    this.retryAfterMs = retryAfterMs;
  }
}

/** `the key authorization is wrong (unauthorized)`, of a problem document (RFC 9457); `''`: it is none. */
export function describeProblem(problem: unknown): string {
  if (!isRecord(problem)) return '';
  const { detail, subproblems } = problem;
  const type = typeOf(problem);
  const said = typeof detail === 'string' ? quote(detail) : '';
  const inner = Array.isArray(subproblems) ? subproblems.map(describePart).filter((part) => part !== '') : [];
  const parts = [said, type === '' ? '' : `(${type})`].filter((part) => part !== '').join(' ');
  return inner.length === 0 ? parts : quote(`${parts}: ${inner.join('; ')}`);
}

/** `rateLimited`; `''`: it says none. */
export function typeOf(problem: unknown): string {
  const type = isRecord(problem) ? problem['type'] : undefined;
  return typeof type === 'string' && type.startsWith(URN) ? quote(type.slice(URN.length)) : '';
}

function describePart(part: unknown): string {
  if (!isRecord(part)) return '';
  const name = isRecord(part['identifier']) ? part['identifier']['value'] : undefined;
  const said = describeProblem({ type: part['type'], detail: part['detail'] });
  return typeof name === 'string' ? `${quote(name)}: ${said}` : said;
}

/** On one line, without what could steer a terminal, and not too long. */
export function quote(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return line.length > MOST_LETTERS ? `${line.slice(0, MOST_LETTERS)}…` : line;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The program that a config belongs to, by its text; the name of the file decides only if the text does not. */

export type Format = 'nginx' | 'haproxy' | 'json';

const SECTION = /^[ \t]*(?:global|defaults|frontend|backend|listen|resolvers|peers|userlist)\b[^;{]*$/gm;
const BLOCK = /^[^#\n]*\{[ \t]*(?:#.*)?$/gm;
const NGINX = /^[^#\n]*(?:;|\{)[ \t]*(?:#.*)?$/gm;
const WORDS_OF_HAPROXY =
  /^[ \t]*(?:bind|default_backend|use_backend|balance|mode|acl|option|server|timeout)[ \t]+[^;{\n]*$/gm;

export function detectFormat(text: string, file: string): Format {
  const start = text.replace(/^\ufeff?(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)*/, '');
  if (/^[[{]/.test(start)) return 'json';
  const { haproxy, nginx } = scoresOf(text);
  if (haproxy !== nginx) return haproxy > nginx ? 'haproxy' : 'nginx';
  if (/\.json$/i.test(file)) return 'json';
  return /haproxy|\.cfg$/i.test(file) ? 'haproxy' : 'nginx';
}

/** A section and what makes it one. */
const SURE = 6;

/** The same of a text that may be none of them: null where it does not look like one. */
export function detectConverted(text: string): 'nginx' | 'haproxy' | null {
  const { haproxy, nginx } = scoresOf(text);
  if (/^\s*[[{]/.test(text) || Math.max(haproxy, nginx) < SURE || haproxy === nginx) return null;
  return haproxy > nginx ? 'haproxy' : 'nginx';
}

function scoresOf(text: string): { readonly haproxy: number; readonly nginx: number } {
  return {
    haproxy: count(text, SECTION) * 3 + count(text, WORDS_OF_HAPROXY),
    nginx: count(text, NGINX) + count(text, BLOCK) * 5,
  };
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

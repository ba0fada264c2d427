/** Takes secrets out of a query before it is written anywhere. */

/** Values of the parameters named (lower case) become `***`; names are compared decoded and in lower case. */
export function createMask(names: readonly string[]): (target: string) => string {
  if (names.length === 0) return (target) => target;
  const masked = new Set(names);
  // Most queries have none of the names: they are not taken apart. An encoded name has a %.
  const suspect = new RegExp(['%', ...names.map(literal)].join('|'), 'i');
  return (target) => {
    const query = target.indexOf('?');
    if (query < 0 || !suspect.test(target)) return target;
    const parts = target.slice(query + 1).split('&');
    let isMasked = false;
    for (const [index, part] of parts.entries()) {
      const secretAt = findSecret(part, masked);
      if (secretAt < 0) continue;
      parts[index] = `${part.slice(0, secretAt)}***`;
      isMasked = true;
    }
    return isMasked ? `${target.slice(0, query)}?${parts.join('&')}` : target;
  };
}

/**
 * Where the first value that is masked begins, −1: there is none. Some servers take `;` for the end of a parameter, others
 * for a piece of its value: names are looked for behind it, and a value goes on behind it.
 */
function findSecret(part: string, masked: ReadonlySet<string>): number {
  for (let start = 0; ;) {
    const equals = part.indexOf('=', start);
    if (equals < 0) return -1;
    const nameAt = part.lastIndexOf(';', equals) + 1;
    if (masked.has(nameOf(part.slice(nameAt, equals)))) return equals + 1;
    const end = part.indexOf(';', equals);
    if (end < 0) return -1;
    start = end + 1;
  }
}

function nameOf(written: string): string {
  if (!written.includes('%')) return written.toLowerCase();
  try {
    return decodeURIComponent(written).toLowerCase();
  } catch {
    return written.toLowerCase();
  }
}

/** A pattern of the text alone. */
function literal(text: string): string {
  return text.replaceAll(/[^a-z0-9_]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

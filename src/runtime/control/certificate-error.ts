import type { Finding } from '../../certificates/finding.ts';
import { aboutFile } from '../../certificates/finding.ts';
import { formatKey } from '../../config/errors.ts';

/** One thing that is wrong with a file of certificates or keys. */
export interface CertificateMistake {
  /** Who cannot do without: `listener web`; `''`: nobody in particular. */
  readonly owner: string;
  /** The key that names the file, in the words of the long forms, entries of lists by number: `pools.api.tls.ca`. */
  readonly key: string;
  /** It names the file: a sentence without its full stop. */
  readonly message: string;
  /** What to do about it: a sentence. */
  readonly cure: string;
}

/** Certificates that a listener or a pool cannot do without cannot be used. `message` names each mistake and its cure. */
export class CertificateError extends Error {
  readonly code = 'FL_CERTIFICATE';
  override readonly name = 'CertificateError';
  /** The same, one by one. At least one. */
  readonly mistakes: readonly CertificateMistake[];

  constructor(mistakes: readonly CertificateMistake[]) {
    super(mistakes.map(describeMistake).join('\n'));
    this.mistakes = mistakes;
  }
}

/** What cannot be used of what was found out about the files of a listener or a pool. */
export function toMistakes(
  section: 'listeners' | 'pools',
  id: string,
  findings: readonly Finding[],
): readonly CertificateMistake[] {
  const owner = section === 'listeners' ? `listener ${id}` : `pool ${id}`;
  // The keys that are found out about are below the `tls` of a listener, and below a pool.
  const above = formatKey(section === 'listeners' ? [section, id, 'tls'] : [section, id]);
  return findings
    .filter(({ isMistake }) => isMistake)
    .map((finding) => {
      return { owner, key: `${above}.${finding.key}`, message: aboutFile(finding), cure: finding.cure };
    });
}

function describeMistake({ owner, message, cure }: CertificateMistake): string {
  return `${owner === '' ? '' : `${owner}: `}${message}. ${cure}`;
}

/** The blocks of a file in PEM (RFC 7468): what stands between them is left alone. */

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, `EC PRIVATE KEY` … */
  readonly label: string;
  /** Its first and last line included. */
  readonly text: string;
  /** The line that it begins in, from 1. */
  readonly line: number;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/** In the order of the file. A block without an end reaches to the end of the file. */
export function readPem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let line = 1;
  let counted = 0;
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length);
    if (labelEnd < 0) break;
    const label = text.slice(at + BEGIN.length, labelEnd);
    const end = `-----END ${label}-----`;
    const found = text.indexOf(end, labelEnd);
    const blockEnd = found < 0 ? text.length : found + end.length;
    for (; counted < at; counted++) if (text.charCodeAt(counted) === 10) line++;
    blocks.push({ label, text: `${text.slice(at, blockEnd)}\n`, line });
    at = blockEnd;
  }
  return blocks;
}

export function isCertificate({ label }: PemBlock): boolean {
  return label === 'CERTIFICATE' || label === 'X509 CERTIFICATE' || label === 'TRUSTED CERTIFICATE';
}

export function isPrivateKey({ label }: PemBlock): boolean {
  return label.endsWith('PRIVATE KEY');
}

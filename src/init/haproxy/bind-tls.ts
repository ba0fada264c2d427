/** What a `bind … ssl` line says of TLS. */
import type { ClientCertificateInput, ListenerTlsInput } from '../../config/config-input.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { Line } from './parse-haproxy.ts';

type Verdict = readonly [words: RegExp, kind: 'same' | 'leave' | 'differ', reason: string];

/** By a parameter and its value, in one text. */
const VERDICTS: readonly Verdict[] = [
  [
    /^(?:ciphers|ciphersuites|curves|ecdhe|sigalgs|client-sigalgs|prefer-client-ciphers)\b/,
    'same',
    'which ciphers and curves there are is fixed',
  ],
  [/^(?:no-sslv3|no-tlsv1[01]|ssl-min-ver TLSv1\.2|ssl-max-ver TLSv1\.3)$/, 'same', 'TLS 1.2 and 1.3 are spoken'],
  [/^ssl-min-ver (?!TLSv1\.3$)/, 'differ', 'TLS below 1.2 is not spoken here'],
  [/^force-(?:sslv3|tlsv1[01])$/, 'differ', 'TLS 1.2 and 1.3 are spoken here'],
  [/^(?:ssl-max-ver|no-tlsv13|force-tlsv12)\b/, 'differ', 'TLS 1.3 is spoken as well'],
  [/^(?:alpn|npn) .*\bh[23]\b/, 'leave', lacking('http2')],
  [/^no-tls-tickets$/, 'leave', 'sessions go on by tickets'],
  [/^tls-ticket-keys\b/, 'leave', 'keys that machines share stand in a file of another form: ticketKeys'],
  [/^allow-0rtt$/, 'leave', 'early data is not accepted'],
  [/^(?:generate-certificates|ca-sign-\w+)\b/, 'leave', 'certificates are files here'],
  [/^ocsp-update on$/, 'leave', 'answers of issuers are not fetched: name a file with one, ocsp'],
];

const ONLY_NEWEST = /^(?:force-tlsv13|no-tlsv12|ssl-min-ver TLSv1\.3)$/;

/** `words`: each parameter and its value. Null: it cannot be taken over, which is listed then. */
export function readBindTls(
  from: Line,
  words: readonly (readonly [word: string, value: string])[],
  report: Report,
): ListenerTlsInput | null {
  const clientCertificate = readClientCertificate(words);
  if (clientCertificate === null) {
    report.guard(from, lacking('clientCertificates', 'the listener is left out'));
    return null;
  }
  const certificates = readCertificates(from, words, report);
  if (certificates.length === 0) {
    report.leave(from, 'no certificate for it could be taken over');
    return null;
  }
  const texts = words.map(([word, value]) => (value === '' ? word : `${word} ${value}`));
  for (const text of texts) {
    noteTls(text, from, report);
    noteClients(text, clientCertificate !== undefined, from, report);
  }
  const isOnlyNewest = isOnlyNewestOf(texts);
  return {
    certificates,
    ...(isOnlyNewest ? { minVersion: '1.3' } : {}),
    ...(texts.includes('strict-sni') ? { unknownName: 'refuse' } : {}),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

/** Undefined: none is asked for. Null: one is, in a way that is not taken over. */
function readClientCertificate(
  words: readonly (readonly [word: string, value: string])[],
): ClientCertificateInput | null | undefined {
  const valueOf = (word: string): string => words.findLast(([each]) => each === word)?.[1] ?? '';
  const verify = valueOf('verify');
  if (verify === '' || verify === 'none') return undefined;
  const [ca, crl] = [valueOf('ca-file'), valueOf('crl-file')];
  const isFile = (path: string): boolean => path !== '' && !/^@|\$/.test(path);
  if ((verify !== 'required' && verify !== 'optional') || !isFile(ca) || (crl !== '' && !isFile(crl))) return null;
  return { ca, ...(verify === 'optional' ? { require: 'off' } : {}), ...(crl === '' ? {} : { crl }) };
}

function noteClients(text: string, areAsked: boolean, from: Line, report: Report): void {
  const isOfClients = /^(?:ca-file|ca-verify-file|crl-file|crt-ignore-err|ca-ignore-err)\b/.test(text);
  if (!isOfClients) return;
  if (!areAsked) report.same(from, 'no certificate of clients is asked for', text);
  else if (text.startsWith('ca-verify-file')) report.leave(from, 'all authorities stand in one file: ca', text);
  else if (/^\S+-ignore-err\b/.test(text)) report.differ(from, 'a certificate that is no good is refused', text);
  else if (!text.includes(' /'))
    report.differ(from, 'HAProxy looks for it where it is started, and Fairlead in the folder of this file', text);
}

/** Whether these parameters leave TLS 1.3 alone; the same for `ssl-default-bind-options`. */
export function isOnlyNewestOf(texts: readonly string[]): boolean {
  const written = texts.filter((text) => text.startsWith('ssl-min-ver '));
  return written.length > 0
    ? ONLY_NEWEST.test(written[written.length - 1])
    : texts.some((text) => ONLY_NEWEST.test(text));
}

/** Lists what a parameter of TLS means here, if that is not the same. */
export function noteTls(text: string, from: Line, report: Report): void {
  const verdict = VERDICTS.find(([pattern]) => pattern.test(text));
  if (verdict !== undefined) report[verdict[1]](from, verdict[2], text);
}

/** The first one is for clients that ask for no name. */
function readCertificates(
  from: Line,
  words: readonly (readonly [word: string, value: string])[],
  report: Report,
): readonly string[] {
  const named = words.filter(([word]) => word === 'crt' || word === 'default-crt');
  const inOrder = named.toSorted(([a], [b]) => Number(b === 'default-crt') - Number(a === 'default-crt'));
  return [...new Set(inOrder.map(([, file]) => file))].filter((file) => {
    if (/^@|\$/.test(file) || file === '') {
      report.leave(from, 'certificates are files here, by their own names', `crt ${file}`);
      return false;
    }
    if (!file.startsWith('/'))
      report.differ(
        from,
        'HAProxy looks for it where it is started, and Fairlead in the folder of this file',
        `crt ${file}`,
      );
    return true;
  });
}

/**
 * The files that a config names in its keys. A relative path is so to the file that it is written in, as with `include`,
 * wherever Fairlead was started; those that Fairlead reads have to be there.
 */
import { dirname, resolve } from 'node:path';
import { LEAST_SECRET_BYTES } from '../core/balancer/sticky-secret.ts';
import { MOST_LIST_BYTES, readList } from '../core/lists/list-reader.ts';
import { codeOrText } from '../machine/error-code.ts';
import { FileRefused, readRegularFile } from '../machine/regular-file.ts';
import { Mistake } from './errors.ts';
import type { Piece, SourceMistake } from './include.ts';
import { listMap } from './lists-schema.ts';
import { resolveUnixAddress } from './unix-addresses.ts';
import { isWrittenMap } from './written.ts';

/** `beside`: what stands beside the key. */
type Judge = (text: string, beside: unknown) => Mistake | null;

interface NamedFile {
  /** `*` stands for any name or number; a list on the way is gone through item by item, with a `*` for it or without. */
  readonly path: readonly string[];
  /** What is wrong with the content; null: nothing. None for a file that Fairlead writes, or judges when it serves. */
  readonly judge?: Judge;
  /** Bytes; left out: 1 MiB. */
  readonly most?: number;
}

/** Every key whose value is the path of a file; a test compares them with the schema. */
export const NAMED_FILES: readonly NamedFile[] = [
  { path: ['pools', '*', 'check', 'https', 'ca'], judge: judgeCertificates },
  { path: ['defaults', 'check', 'https', 'ca'], judge: judgeCertificates },
  { path: ['pools', '*', 'sticky', 'secretFile'], judge: judgeSecret },
  { path: ['defaults', 'sticky', 'secretFile'], judge: judgeSecret },
  { path: ['accessLog', 'to', 'file'] },
  { path: ['lists', '*', 'file'], judge: judgeList, most: MOST_LIST_BYTES },
  { path: ['acme', 'ca'], judge: judgeCertificates },
  { path: ['stateDir'] },
  // Those of certificates are judged together, by whoever speaks with them.
  { path: ['pools', '*', 'tls', 'ca'] },
  { path: ['pools', '*', 'tls', 'certificate'] },
  { path: ['pools', '*', 'tls', 'key'] },
  { path: ['defaults', 'tls', 'ca'] },
  { path: ['defaults', 'tls', 'certificate'] },
  { path: ['defaults', 'tls', 'key'] },
  { path: ['listeners', '*', 'tls', 'certificates', 'cert'] },
  { path: ['listeners', '*', 'tls', 'certificates', 'key'] },
  { path: ['listeners', '*', 'tls', 'certificates', 'pkcs12'] },
  { path: ['listeners', '*', 'tls', 'certificates', 'passphraseFile'] },
  { path: ['listeners', '*', 'tls', 'certificates', 'ocsp'] },
  { path: ['listeners', '*', 'tls', 'ticketKeys'] },
  { path: ['listeners', '*', 'tls', 'clientCertificate', 'ca'] },
  { path: ['listeners', '*', 'tls', 'clientCertificate', 'crl'] },
  // What these export is looked at when they are imported.
  { path: ['routes', '*', 'middleware', '*', 'module'] },
];

/** The same where a map may be written as the path alone, or a list as its only item. */
const SHORT_FORMS: readonly NamedFile[] = [
  { path: ['listeners', '*', 'tls', 'certificates'] },
  { path: ['routes', '*', 'middleware'] },
  { path: ['routes', '*', 'middleware', 'module'] },
];

/** Every key whose value may be a unix socket, `unix:app.sock`: its path is relative to the same file. */
const NAMED_SOCKETS: readonly (readonly string[])[] = [
  ['listeners', '*'],
  ['listeners', '*', 'address'],
  ['pools', '*'],
  ['pools', '*', 'endpoints'],
  ['pools', '*', 'address'],
  ['pools', '*', 'endpoints', 'address'],
];

type Path = readonly (string | number)[];
type Change = (file: string, path: Path) => string;

/** The piece with every relative path made absolute. */
export function resolveFiles(piece: Piece): Piece {
  const { source, document } = piece;
  // A descriptor, as of a shell's `<(…)`, lies in no folder.
  const folder = /^\/(?:dev|proc)\//.test(source.file) ? '.' : dirname(source.file);
  const absolute = (file: string): string => (file.startsWith('file:') ? file : resolve(folder, file));
  const withFiles = (value: unknown): unknown =>
    [...NAMED_FILES, ...SHORT_FORMS].reduce((whole, { path }) => changeFiles(whole, path, absolute), value);
  const resolved = (value: unknown): unknown =>
    NAMED_SOCKETS.reduce(
      (whole, path) => changeFiles(whole, path, (text) => resolveUnixAddress(text, absolute)),
      withFiles(value),
    );
  return { source, document: { ...document, value: resolved(document.value), unquoted: resolved(document.unquoted) } };
}

/** What Fairlead could not use of the files that it is to read. Rejects never. */
export async function findBadFiles(pieces: readonly Piece[]): Promise<readonly SourceMistake[]> {
  const found = pieces.flatMap((piece) =>
    NAMED_FILES.flatMap(({ path, judge, most }) =>
      judge === undefined
        ? []
        : filesAt(piece.document.value, path).map((named) => describeBad(piece, named, { judge, most })),
    ),
  );
  return (await Promise.all(found)).filter((mistake) => mistake !== null);
}

/** The files that stand in a value at these keys, and where just. */
export function filesAt(value: unknown, steps: readonly string[]): readonly { file: string; path: Path }[] {
  const named: { file: string; path: Path }[] = [];
  changeFiles(value, steps, (file, path) => {
    named.push({ file, path });
    return file;
  });
  return named;
}

async function describeBad(
  { source, document }: Piece,
  { file, path }: { readonly file: string; readonly path: Path },
  { judge, most }: { readonly judge: Judge; readonly most: number | undefined },
): Promise<SourceMistake | null> {
  const beside = path.slice(0, -1).reduce(innerOf, document.value);
  const mistake = await readRegularFile(file, most).then(
    (bytes) => judge(bytes.toString('utf8'), beside),
    (error: unknown) => describeUnreadable(file, error),
  );
  return mistake === null ? null : { source, mistake: { ...document.locate({ path, mistake }), mistake } };
}

function describeUnreadable(file: string, error: unknown): Mistake {
  if (error instanceof FileRefused) return new Mistake(`${file} cannot be read: ${error.message}`, error.cure);
  const code = codeOrText(error);
  return code === 'ENOENT'
    ? new Mistake(`there is no ${file}`, 'Check the path; it is relative to the file that it is written in.')
    : new Mistake(`${file} cannot be read (${code})`, 'Check the path and the permissions.');
}

function judgeCertificates(text: string): Mistake | null {
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  try {
    new X509Certificate(text);
    return null;
  } catch {
    return new Mistake('the file holds no certificate', 'Name one with certificates in PEM.');
  }
}

function judgeSecret(text: string): Mistake | null {
  if (text.trim().length >= LEAST_SECRET_BYTES) return null;
  return new Mistake(`the secret is shorter than ${LEAST_SECRET_BYTES} bytes`, 'Make one with: openssl rand -hex 32.');
}

function innerOf(value: unknown, key: string | number): unknown {
  return (value as Readonly<Record<string | number, unknown>>)[key];
}

/** By the rules beside it; where these are wrong, the schema says so. */
function judgeList(text: string, beside: unknown): Mistake | null {
  const parsed = listMap.safeParse(beside);
  if (!parsed.success || parsed.data.kind !== 'file') return null;
  const { refused } = readList(text, parsed.data.rules);
  if (refused === null) return null;
  const { line, message, cure } = refused;
  return new Mistake(line === 0 ? message : `line ${line}: ${message}`, cure);
}

/** A copy of the value with what stands at the keys changed. Whatever has another form is left to the schema. */
function changeFiles(value: unknown, [step, ...rest]: readonly string[], change: Change, path: Path = []): unknown {
  if (Array.isArray(value)) {
    const steps = step === undefined || step === '*' ? rest : [step, ...rest];
    return value.map((item: unknown, i) => changeFiles(item, steps, change, [...path, i]));
  }
  if (step === undefined) return isFile(value) ? change(value, path) : value;
  if (!isWrittenMap(value)) return value;
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] =>
    step === '*' || step === name ? [name, changeFiles(inner, rest, change, [...path, name])] : [name, inner],
  );
  return Object.fromEntries(entries);
}

function isFile(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

/** Puts into `bind … ssl` lines what they have from elsewhere: from `global`, and from the files that `crt-list` names. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Report } from '../report.ts';
import { isOnlyNewestOf, noteTls } from './bind-tls.ts';
import type { Line } from './parse-haproxy.ts';

/** In place of what `verify` says where it is not for all. */
const OF_SOME = 'of-some';
/** More than any process has. */
const MOST_CERTIFICATES = 10_000;

/** `[crt, file]`, and what else an entry of a list is made to say. */
type Parameter = readonly [word: string, value: string];

/** The same sections. `file`: that of the config; lists with relative names are looked for in its folder. */
export async function completeBinds(sections: readonly Line[], file: string, report: Report): Promise<readonly Line[]> {
  const global = sections.filter(({ name }) => name === 'global').flatMap(({ children }) => children);
  const completer = new Completer(global, dirname(file), report);
  const completed = await Promise.all(
    sections.map(async (section) => {
      if (section.name !== 'frontend' && section.name !== 'listen') return section;
      return { ...section, children: await Promise.all(section.children.map((line) => completer.complete(line))) };
    }),
  );
  return asksAlike(completed) ? completed : completed.map(withoutClients);
}

/**
 * Whether all that takes HTTP asks clients for the same certificates. Routes hold for every listener: what one of them keeps
 * out would else come in by another.
 */
function asksAlike(sections: readonly Line[]): boolean {
  const asked = sections.filter(takesHttp).flatMap(({ args, children }) => {
    const binds = children.filter(({ name }) => name === 'bind').map((line) => line.args);
    return args[1] === undefined || args[1] === 'from' ? binds : [args.slice(1), ...binds];
  });
  return new Set(asked.map(askedBy)).size < 2;
}

/** Layer 4 has no routes. */
function takesHttp(section: Line): boolean {
  if (section.name !== 'frontend' && section.name !== 'listen') return false;
  return !section.children.some(({ name, args }) => name === 'mode' && args[0] === 'tcp');
}

/** `''`: it asks for none. */
function askedBy(words: readonly string[]): string {
  const valueOf = (word: string): string => words[words.lastIndexOf(word) + 1] ?? '';
  const has = (word: string): boolean => words.includes(word);
  if (!has('ssl') || !has('verify') || valueOf('verify') === 'none') return '';
  return ['verify', 'ca-file', 'crl-file'].map((word) => (has(word) ? valueOf(word) : '')).join(' ');
}

/** What a bind asks for goes by no name that is taken over. */
function withoutClients(section: Line): Line {
  if (!takesHttp(section)) return section;
  const children = section.children.map((line) => {
    if (line.name !== 'bind' || askedBy(line.args) === '') return line;
    return { ...line, args: line.args.map((word, at) => (line.args[at - 1] === 'verify' ? OF_SOME : word)) };
  });
  return { ...section, children };
}

class Completer {
  readonly #folder: string;
  readonly #report: Report;
  /** `crt-base`; null: there is none. */
  readonly #base: Line | null;
  /** `ssl-default-bind-options`. */
  readonly #options: Line | null;

  constructor(global: readonly Line[], folder: string, report: Report) {
    this.#folder = folder;
    this.#report = report;
    this.#base = global.findLast(({ name }) => name === 'crt-base') ?? null;
    this.#options = global.findLast(({ name }) => name === 'ssl-default-bind-options') ?? null;
  }

  async complete(line: Line): Promise<Line> {
    if (line.name !== 'bind' || !line.args.includes('ssl')) return line;
    const [place = '', ...words] = line.args;
    const completed: string[] = [];
    for (let at = 0; at < words.length; at++) {
      if (words[at] === 'crt-list') completed.push(...(await this.#readList(words[++at] ?? '', line)).flat());
      else if (words[at] === 'crt' || words[at] === 'default-crt') completed.push(words[at], this.#toPath(words[++at]));
      else completed.push(words[at]);
    }
    return { ...line, args: [place, ...this.#defaults(), ...completed] };
  }

  /** What a line itself says counts more, and stands behind it. */
  #defaults(): readonly string[] {
    const line = this.#options;
    if (line === null) return [];
    this.#report.take(line);
    const texts = line.args.flatMap((word, index) => {
      if (/^ssl-(?:min|max)-ver$/.test(line.args[index - 1] ?? '')) return [];
      return /^ssl-(?:min|max)-ver$/.test(word) ? [`${word} ${line.args[index + 1] ?? ''}`] : [word];
    });
    for (const text of texts) noteTls(text, line, this.#report);
    return isOnlyNewestOf(texts) ? ['ssl-min-ver', 'TLSv1.3'] : [];
  }

  #toPath(path = ''): string {
    if (this.#base === null || path.startsWith('/') || path.startsWith('@')) return path;
    this.#report.take(this.#base);
    return join(this.#base.args[0] ?? '', path);
  }

  async #readList(path: string, bind: Line): Promise<readonly Parameter[]> {
    const text = await readFile(resolve(this.#folder, path), 'utf8').catch(() => null);
    if (text === null) {
      this.#report.leave(bind, 'no such file here: convert it where it is, or copy it', `crt-list ${path}`);
      return [];
    }
    const rows = text.split(/\r?\n/).map((row) => row.trim());
    const entries = rows.filter((row) => row !== '' && !row.startsWith('#'));
    if (entries.length > MOST_CERTIFICATES)
      this.#report.leave(bind, `more than ${MOST_CERTIFICATES} certificates are named`, `crt-list ${path}`);
    return entries.slice(0, MOST_CERTIFICATES).flatMap((entry) => this.#readEntry(entry, bind));
  }

  /** `site.pem [alpn h2] *.example.com !www.example.com` */
  #readEntry(entry: string, bind: Line): readonly Parameter[] {
    const [, file = '', options = '', names = ''] = /^(\S+)\s*(?:\[([^\]]*)\])?\s*(.*)$/.exec(entry) ?? [];
    if (names !== '') this.#report.differ(bind, 'a certificate is for the names that stand in it', `${file} ${names}`);
    const isVerifying = /\bverify\s+(?:required|optional)\b/.test(options);
    if (options !== '' && !isVerifying)
      this.#report.leave(bind, 'settings are those of the whole listener', `${file} [${options}]`);
    const certificate: Parameter = ['crt', this.#toPath(file)];
    return isVerifying ? [certificate, ['verify', OF_SOME]] : [certificate];
  }
}

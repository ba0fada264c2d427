/** Puts the files that `include` names into the tree of an nginx config. */
import { glob, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Report } from '../report.ts';
import { parseNginx } from './parse-nginx.ts';
import type { Directive } from './parse-nginx.ts';

const DEEPEST = 16;
const MOST_FILES = 500;
/** Come with nginx, and hold nothing about where requests go. */
const OF_NGINX = new Set(['mime.types', 'fastcgi_params', 'fastcgi.conf', 'uwsgi_params', 'scgi_params', 'koi-utf']);

export class Includes {
  readonly #folder: string;
  readonly #report: Report;
  #files = 0;

  /** `mainFile`: names without a folder are relative to its folder, in included files too, as in nginx. */
  constructor(mainFile: string, report: Report) {
    this.#folder = dirname(mainFile);
    this.#report = report;
  }

  /** The same tree, what was included standing in place of each `include`. */
  async resolve(directives: readonly Directive[], depth = 0): Promise<readonly Directive[]> {
    const resolved: Directive[] = [];
    for (const directive of directives) {
      if (directive.name === 'include') resolved.push(...(await this.#read(directive, depth)));
      else if (directive.children.length === 0) resolved.push(directive);
      else resolved.push({ ...directive, children: await this.resolve(directive.children, depth) });
    }
    return resolved;
  }

  /** An `include` that brought nothing stays, with a report. */
  async #read(include: Directive, depth: number): Promise<readonly Directive[]> {
    const name = include.args[0] ?? '';
    if (OF_NGINX.has(basename(name)))
      this.#report.same(include, 'types and parameters of nginx itself: nothing to set');
    else if (depth >= DEEPEST) this.#report.leave(include, 'files include each other too deeply');
    else {
      const files = await this.#find(name);
      if (files.length === 0) this.#report.leave(include, 'no such file here: convert it where it is, or copy it');
      const found = await Promise.all(files.map((file) => this.#parse(file, include, depth)));
      if (files.length > 0) return found.flat();
    }
    return [include];
  }

  async #parse(file: string, include: Directive, depth: number): Promise<readonly Directive[]> {
    if (++this.#files > MOST_FILES) {
      this.#report.leave(include, `more than ${MOST_FILES} files are included`);
      return [include];
    }
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text !== null) return this.resolve(parseNginx(text, file), depth + 1);
    this.#report.leave(include, `cannot read ${file}`);
    return [include];
  }

  async #find(name: string): Promise<readonly string[]> {
    if (name === '' || name.includes('\0')) return [];
    const path = isAbsolute(name) ? name : join(this.#folder, name);
    const files: string[] = [];
    try {
      for await (const file of glob(path)) files.push(file);
    } catch {
      return [];
    }
    return files.sort();
  }
}

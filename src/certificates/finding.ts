/** What is wrong with files of certificates, or will be. Nothing of what a key file holds ever stands in one. */

export interface Finding {
  /** A mistake: the listener cannot be served with it. Else a warning. */
  readonly isMistake: boolean;
  /** The key of the config, below `tls`: `certificates[0].key`. */
  readonly key: string;
  /** `''`: it is about none. */
  readonly file: string;
  readonly message: string;
  /** What to do about it, a sentence. */
  readonly cure: string;
}

/** Gathers what is found out about one source of certificates: all of it, not only the first. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #source: string;

  /** `source`: its key of the config, `certificates[0]`. */
  constructor(source: string) {
    this.#source = source;
  }

  get hasMistake(): boolean {
    return this.all.some(({ isMistake }) => isMistake);
  }

  /** `part`: the key within the source; `''`: the source itself. Returns null, for a caller that has nothing to return. */
  mistake(part: string, file: string, message: string, cure: string): null {
    this.all.push({ isMistake: true, key: this.#keyOf(part), file, message, cure });
    return null;
  }

  warn(part: string, file: string, message: string, cure: string): void {
    this.all.push({ isMistake: false, key: this.#keyOf(part), file, message, cure });
  }

  #keyOf(part: string): string {
    return part === '' ? this.#source : `${this.#source}.${part}`;
  }
}

/** `/etc/ssl/a.pem: it holds no certificate. Name one …` */
export function describeFinding(finding: Finding): string {
  return `${aboutFile(finding)}. ${finding.cure}`;
}

/** `/etc/ssl/a.pem: it holds no certificate` */
export function aboutFile({ file, message }: Finding): string {
  return file === '' ? message : `${file}: ${message}`;
}

/** Secrets within a statement that is quoted to people, and written into a file that may be shared. */

const MASK = '***';

/** A name that says that what follows is secret, and its value: the rest of the statement. */
const NAMED =
  /((?:authorization|passw(?:or)?d|passphrase|secret|token|api[-_]?key|credentials?)[\w-]*\)?"?(?:\s+-m\s+\w+)?(?:\s*[=:]\s*|\s+))\S.*$/i;
/** `stats auth admin:secret`, `auth_basic "…"`: what follows them is one, or tells of one. */
const DIRECTIVES = /(\b(?:stats\s+auth|auth_basic(?:_user_file)?)\s+)(?!off\b)\S.*$/i;
/** `http://user:secret@host` */
const USERINFO = /(:\/\/)[^\s/@]+@/g;

/** `text` is one line. What is in its place keeps its name: `user bob password ***`. */
export function maskSecrets(text: string): string {
  return text.replace(USERINFO, `$1${MASK}@`).replace(DIRECTIVES, `$1${MASK}`).replace(NAMED, `$1${MASK}`);
}

/** The same of a sentence that quotes statements: only what is in quotes. */
export function maskQuoted(sentence: string): string {
  return sentence.replace(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => `"${maskSecrets(quoted)}"`);
}

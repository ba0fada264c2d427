/** A text in single quotes. A quote in it stands in double ones, which bash, zsh and fish all read alike. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

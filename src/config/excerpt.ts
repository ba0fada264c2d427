/** The piece of a text that an error shows, with its mark, for terminals and logs. */

export interface Excerpt {
  /** The line, tabs as single blanks; of a long one the part around the mark, with `…` where it was cut. */
  readonly text: string;
  /** Where the mark begins in `text`, from 0. */
  readonly start: number;
  /** At least 1. */
  readonly length: number;
}

/** Longer lines are cut around the mark. */
const MOST_CHARACTERS = 120;
/** So much of a cut line stands before the mark. */
const BEFORE = 40;
/** Characters that a terminal shows in two columns (Unicode TR 11: wide and fullwidth; emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NOT_SHOWN = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** `line` and `column` from 1, `length` in characters; a mark never goes beyond its line. */
export function excerptOf(lineText: string, column: number, length: number): Excerpt {
  const at = Math.min(column - 1, lineText.length);
  const marked = Math.max(1, Math.min(length, lineText.trimEnd().length - at));
  if (lineText.length <= MOST_CHARACTERS) return { text: clean(lineText), start: at, length: marked };
  const from = at <= BEFORE ? 0 : at - BEFORE;
  const to = from + MOST_CHARACTERS;
  const head = from > 0 ? '…' : '';
  const text = head + clean(lineText.slice(from, to)) + (to < lineText.length ? '…' : '');
  const start = at - from + head.length;
  return { text, start, length: Math.min(marked, text.length - start || 1) };
}

/** The line and, under it, the carets: as wide as a terminal shows what they mark. */
export function drawExcerpt({ text, start, length }: Excerpt): { readonly line: string; readonly carets: string } {
  const line = text.trimEnd();
  return {
    line,
    carets: ' '.repeat(widthOf(text.slice(0, start))) + '^'.repeat(widthOf(text.slice(start, start + length)) || 1),
  };
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** One character for one, so that places stay. */
function clean(text: string): string {
  return text.replace(NOT_SHOWN, ' ');
}

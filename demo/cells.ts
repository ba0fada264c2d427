/** Text in the cells of a terminal: pieces with a style, their width, bars and sparklines. */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan' | 'inverse';

/** Text and how it looks. */
export interface Piece {
  readonly text: string;
  readonly styles: readonly Style[];
}

/** One line, left to right. */
export type Line = readonly Piece[];

const BAR_STEPS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const SPARKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** East Asian wide and full-width characters, and what is drawn as a picture. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|.*\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}])/u;
const CONTROLS = /[\u0000-\u001F\u007F-\u009F]/g;

export function piece(text: string, ...styles: readonly Style[]): Piece {
  return { text, styles };
}

/** How many cells a text takes. Control characters take one: they are shown as `·`. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Exactly `width` cells: filled with blanks, or cut with `…`. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const clean = text.replace(CONTROLS, '·');
  const left = width - cellWidth(clean);
  if (left < 0) return cut(clean, width);
  return align === 'left' ? clean + ' '.repeat(left) : ' '.repeat(left) + clean;
}

function cut(text: string, width: number): string {
  if (width <= 0) return '';
  let kept = '';
  let left = width - 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    left -= cellWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return fit(`${kept}…`, width);
}

/** The pieces that fit into `columns` cells, the last of them cut. */
export function fitLine(line: Line, columns: number): Line {
  const kept: Piece[] = [];
  let left = columns;
  for (const each of line) {
    const width = cellWidth(each.text);
    if (width > left) {
      if (left > 0) kept.push({ ...each, text: fit(each.text, left) });
      break;
    }
    kept.push(each);
    left -= width;
  }
  return kept;
}

/** The pieces that fit into `columns` cells, none of them cut. */
export function wholePieces(line: Line, columns: number): Line {
  let left = columns;
  return line.filter(({ text }) => (left -= cellWidth(text)) >= 0);
}

/** With escape sequences, or without any. */
export function paint(line: Line, isColored: boolean): string {
  return line
    .map(({ text, styles }) => {
      const clean = text.replace(CONTROLS, '·');
      return isColored && styles.length > 0 ? styleText([...styles], clean, { validateStream: false }) : clean;
    })
    .join('');
}

/** A share of 0 to 1 as a bar of `width` cells, in eighths of one. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const whole = '█'.repeat(Math.floor(eighths / 8));
  return fit(whole + BAR_STEPS[eighths % 8], width);
}

/** The last `width` values, newest right; `most` is drawn full, nothing as a dot, null (not known) as a blank. */
export function sparkline(values: readonly (number | null)[], width: number, most: number): string {
  const drawn = values.slice(-width).map((value) => {
    if (value === null) return ' ';
    if (value <= 0) return '·';
    return SPARKS[Math.min(SPARKS.length - 1, Math.floor((value / most) * SPARKS.length))];
  });
  return fit(drawn.join(''), width, 'right');
}

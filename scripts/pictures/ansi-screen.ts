/** What `tmux capture-pane -e` writes, as rows of runs: text in one style, at its place. */
import { cellWidth } from '../../demo/cells.ts';

export interface TextStyle {
  /** A CSS colour; null: the terminal's own. */
  readonly color: string | null;
  readonly background: string | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
  readonly isInverse: boolean;
}

export interface Run {
  readonly text: string;
  /** Of its first cell, from 0. */
  readonly column: number;
  readonly cells: number;
  readonly style: TextStyle;
}

const PLAIN: TextStyle = {
  color: null,
  background: null,
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
  isInverse: false,
};

/** The eight colours, then the bright eight. */
const PALETTE = (
  '#484f58 #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4 ' +
  '#6e7681 #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #f0f6fc'
).split(' ');

const FLAGS: Readonly<Record<number, Partial<TextStyle>>> = {
  0: PLAIN,
  1: { isBold: true },
  2: { isDim: true },
  3: { isItalic: true },
  4: { isUnderlined: true },
  7: { isInverse: true },
  22: { isBold: false, isDim: false },
  23: { isItalic: false },
  24: { isUnderlined: false },
  27: { isInverse: false },
  39: { color: null },
  49: { background: null },
};

/** One entry a line. Styles go on over the ends of lines, as tmux writes them. Throws for a sequence that is no style. */
export function parseAnsiScreen(text: string): Run[][] {
  let style = PLAIN;
  return text.split('\n').map((line) => {
    const runs: Run[] = [];
    let column = 0;
    for (const [part, codes] of line.matchAll(/\u001b\[([\d;:]*)m|[^\u001b]+|\u001b/g)) {
      if (part === '\u001b') throw new Error(`a sequence that is no style, in ${JSON.stringify(line)}`);
      if (codes !== undefined) {
        style = applyCodes(style, codes);
        continue;
      }
      const cells = cellWidth(part);
      runs.push({ text: part, column, cells, style });
      column += cells;
    }
    return runs;
  });
}

function applyCodes(before: TextStyle, text: string): TextStyle {
  const codes = text.split(/[;:]/).map(Number);
  let style = before;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 38 || code === 48) {
      const { color, length } = readExtended(codes, i + 1);
      style = { ...style, [code === 38 ? 'color' : 'background']: color };
      i += length;
    } else style = { ...style, ...(FLAGS[code] ?? paletteChange(code)) };
  }
  return style;
}

function paletteChange(code: number): Partial<TextStyle> {
  if (code >= 30 && code <= 37) return { color: PALETTE[code - 30] };
  if (code >= 90 && code <= 97) return { color: PALETTE[code - 82] };
  if (code >= 40 && code <= 47) return { background: PALETTE[code - 40] };
  if (code >= 100 && code <= 107) return { background: PALETTE[code - 92] };
  return {};
}

/** `5;N` of 256 colours, or `2;R;G;B`. */
function readExtended(codes: readonly number[], at: number): { color: string; length: number } {
  if (codes[at] === 2) return { color: `rgb(${codes.slice(at + 1, at + 4).join(',')})`, length: 4 };
  return { color: colorOf256(codes[at + 1] ?? 0), length: 2 };
}

function colorOf256(index: number): string {
  if (index < 16) return PALETTE[index];
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey},${grey},${grey})`;
  }
  const level = (place: number): number => {
    const step = Math.floor((index - 16) / place) % 6;
    return step === 0 ? 0 : 55 + step * 40;
  };
  return `rgb(${level(36)},${level(6)},${level(1)})`;
}

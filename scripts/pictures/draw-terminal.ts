/**
 * A terminal's screen as an SVG in a window's frame. The text stays text, in whatever monospaced font the reader has,
 * held to the grid of cells; blocks (bars, sparklines) are drawn, since fonts leave gaps between them.
 */
import type { Run, TextStyle } from './ansi-screen.ts';

const CELL = { width: 8.4, height: 18 };
const FONT_SIZE = 14;
const PADDING = 16;
const TITLE_HEIGHT = 36;
const BASELINE = 13.5;
const COLORS = { window: '#0d1117', title: '#161b22', edge: '#30363d', text: '#e6edf3', name: '#8b949e' };
const BUTTONS = ['#ff5f57', '#febc2e', '#28c840'];
/** U+2581 to U+2588: an eighth to the whole of a cell from below. U+2589 to U+258F: seven eighths to one from the left. */
const LOWER_EIGHTH = 0x2580;
const FULL_BLOCK = 0x2588;
const LEFT_EIGHTH = 0x2590;
const PIECES = /[\u2581-\u258f]|[^\u2581-\u258f]+/gu;

/** `columns`: the width of the terminal; rows are as many as there are, blank ones at the end left out. */
export function drawTerminal(title: string, columns: number, rows: readonly (readonly Run[])[]): string {
  const shown = rows.slice(0, 1 + rows.findLastIndex((runs) => runs.some(({ text }) => text.trim() !== '')));
  const width = round(columns * CELL.width + 2 * PADDING);
  const height = round(shown.length * CELL.height + TITLE_HEIGHT + 2 * PADDING);
  const lines = shown.map((runs, row) => drawRow(runs, TITLE_HEIGHT + PADDING + row * CELL.height));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${COLORS.text};white-space:pre}.b{font-weight:bold}.d{opacity:.6}.i{font-style:italic}.u{text-decoration:underline}</style>`,
    ...drawFrame(title, width, height),
    ...lines.filter((line) => line !== ''),
    '</svg>\n',
  ].join('\n');
}

function drawFrame(title: string, width: number, height: number): string[] {
  const middle = TITLE_HEIGHT / 2;
  return [
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9" fill="${COLORS.window}" stroke="${COLORS.edge}"/>`,
    `<path d="M1 ${TITLE_HEIGHT}V9.5A8.5 8.5 0 0 1 9.5 1H${width - 9.5}A8.5 8.5 0 0 1 ${width - 1} 9.5V${TITLE_HEIGHT}Z" fill="${COLORS.title}"/>`,
    ...BUTTONS.map((color, i) => `<circle cx="${20 + i * 20}" cy="${middle}" r="6" fill="${color}"/>`),
    `<text x="${width / 2}" y="${middle + 5}" text-anchor="middle" style="fill:${COLORS.name}">${escapeXml(title)}</text>`,
  ];
}

function drawRow(runs: readonly Run[], y: number): string {
  return runs.map((run) => drawBackground(run, y) + drawRun(run, y)).join('');
}

function drawBackground({ column, cells, style }: Run, y: number): string {
  const color = style.isInverse ? (style.color ?? COLORS.text) : style.background;
  if (color === null) return '';
  return rectangle(column * CELL.width, y, cells * CELL.width, CELL.height, `fill="${color}"`);
}

function drawRun({ text, column, cells, style }: Run, y: number): string {
  // Only what is of single cells has its pieces' places in its indices.
  if (cells !== text.length) return drawText(text, column, cells, style, y);
  return [...text.matchAll(PIECES)]
    .map(({ 0: part, index }) =>
      /^[\u2581-\u258f]/u.test(part)
        ? drawBlock(part.charCodeAt(0), column + index, style, y)
        : drawText(part, column + index, part.length, style, y),
    )
    .join('');
}

/** Words apart, so that blanks take no bytes and each word stands in its cells whatever the font. */
function drawText(text: string, column: number, cells: number, style: TextStyle, y: number): string {
  if (cells !== text.length) return textElement(text, column, cells, style, y);
  return [...text.matchAll(/\S+(?: \S+)*/g)]
    .map(({ 0: words, index }) => textElement(words, column + index, words.length, style, y))
    .join('');
}

function textElement(text: string, column: number, cells: number, style: TextStyle, y: number): string {
  const names = [style.isBold && 'b', style.isDim && 'd', style.isItalic && 'i', style.isUnderlined && 'u'];
  const classes = names.filter((name) => name !== false).join(' ');
  const color = style.isInverse ? (style.background ?? COLORS.window) : style.color;
  return (
    `<text x="${round(PADDING + column * CELL.width)}" y="${round(y + BASELINE)}"` +
    ` textLength="${round(cells * CELL.width)}" lengthAdjust="spacingAndGlyphs"` +
    (classes === '' ? '' : ` class="${classes}"`) +
    // As a style: an attribute would lose against the sheet.
    (color === null ? '' : ` style="fill:${color}"`) +
    `>${escapeXml(text)}</text>`
  );
}

function drawBlock(code: number, column: number, style: TextStyle, y: number): string {
  const paint = `fill="${style.color ?? COLORS.text}"${style.isDim ? ' opacity=".6"' : ''}`;
  const x = column * CELL.width;
  if (code > FULL_BLOCK) return rectangle(x, y + 2, ((LEFT_EIGHTH - code) / 8) * CELL.width, CELL.height - 4, paint);
  // A little lower than its row, so that bars of neighbouring rows do not touch.
  const height = ((code - LOWER_EIGHTH) / 8) * (CELL.height - 4);
  return rectangle(x, y + CELL.height - 2 - height, CELL.width, height, paint);
}

function rectangle(x: number, y: number, width: number, height: number, paint: string): string {
  const sizes = `width="${round(width)}" height="${round(height)}"`;
  return `<rect x="${round(PADDING + x)}" y="${round(y)}" ${sizes} ${paint} shape-rendering="crispEdges"/>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Pieces of the charts of the documentation. */

/** Colours that people who see colours differently can tell apart (Okabe and Ito). */
export const COLOURS = { blue: '#0072b2', green: '#009e73', amber: '#e69f00', vermilion: '#d55e00' };

/** A picture of this size on white, called `title` by those who read it out. */
export function svg(width: number, height: number, title: string, parts: readonly string[]): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}

export function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The curves of `npm run drill -- --overload`: right answers over what is offered, both as shares of the capacity. */
import { COLOURS, svg, text } from '../svg.ts';
import type { OverloadPoint } from './overload.ts';

const WIDTH = 720;
const HEIGHT = 330;
const LEFT = 70;
const RIGHT = 110;
const TOP = 62;
const BOTTOM = 56;
const MOST_OFFERED = 3;

const PROXY_COLOURS: Readonly<Record<string, string>> = {
  Fairlead: COLOURS.blue,
  nginx: COLOURS.green,
  HAProxy: COLOURS.vermilion,
};

/** Returns an SVG. */
export function drawOverload(points: readonly OverloadPoint[]): string {
  const proxies = [...new Set(points.map(({ proxy }) => proxy))];
  const curves = proxies.map((proxy) => points.filter((point) => point.proxy === proxy));
  return svg(WIDTH, HEIGHT, 'Right answers within 2 s under overload', [
    text(
      24,
      34,
      'Right answers within 2 s, of what the servers can do',
      'font-size="17" font-weight="600" fill="#1b1f24"',
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map(drawLevel),
    ...[0.5, 1, 1.5, 2, 2.5, 3].map(drawOffered),
    text(
      (LEFT + WIDTH - RIGHT) / 2,
      HEIGHT - 12,
      'offered, of the same',
      'font-size="13" text-anchor="middle" fill="#59636e"',
    ),
    ...curves.map(drawCurve),
    ...drawNames(curves),
  ]);
}

function drawCurve(points: readonly OverloadPoint[]): string {
  const colour = colourOf(points[0].proxy);
  const places = points.map(({ factor, goodput }) => `${x(factor)},${y(goodput)}`);
  const dots = places.map((place) => {
    const [cx, cy] = place.split(',');
    return `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`;
  });
  return `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2.5"/>${dots.join('')}`;
}

/** Beside the ends of the curves, and not one over another. */
function drawNames(curves: readonly (readonly OverloadPoint[])[]): string[] {
  const ends = curves.map((points) => points[points.length - 1]).sort((a, b) => b.goodput - a.goodput);
  let lowest = 0;
  return ends.map(({ proxy, factor, goodput }) => {
    lowest = Math.max(y(goodput) + 4, lowest + 17);
    return text(x(factor) + 12, lowest, proxy, `font-size="13.5" font-weight="600" fill="${colourOf(proxy)}"`);
  });
}

function drawLevel(share: number): string {
  const line = `<line x1="${LEFT}" y1="${y(share)}" x2="${WIDTH - RIGHT}" y2="${y(share)}" stroke="#d8dee4"/>`;
  const label = text(LEFT - 10, y(share) + 4, `${share * 100} %`, 'font-size="12" text-anchor="end" fill="#59636e"');
  return line + label;
}

function drawOffered(factor: number): string {
  return text(x(factor), HEIGHT - BOTTOM + 22, `${factor} ×`, 'font-size="12" text-anchor="middle" fill="#59636e"');
}

function colourOf(proxy: string): string {
  return PROXY_COLOURS[proxy] ?? '#59636e';
}

function x(factor: number): number {
  return Math.round(LEFT + (factor / MOST_OFFERED) * (WIDTH - LEFT - RIGHT));
}

function y(share: number): number {
  return Math.round(HEIGHT - BOTTOM - Math.min(1, share) * (HEIGHT - TOP - BOTTOM));
}

/** One line on a terminal that shows the progress of a load, and is overwritten again and again. */
import type { WriteStream } from 'node:tty';
import type { LoadFigures } from './load-figures.ts';
import type { LoadOptions } from './load-options.ts';

const WIDTH = 30;
const EVERY_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

export class ProgressBar {
  readonly #stream: Pick<WriteStream, 'write'>;
  readonly #timer: NodeJS.Timeout;

  /** Draws until it is closed. */
  constructor(stream: Pick<WriteStream, 'write'>, options: LoadOptions, figures: LoadFigures) {
    this.#stream = stream;
    const startedAt = performance.now();
    const draw = (): void => {
      stream.write(CLEAR_LINE + formatProgress(options, figures, performance.now() - startedAt));
    };
    draw();
    this.#timer = setInterval(draw, EVERY_MS);
  }

  /** Leaves the line empty. */
  close(): void {
    clearInterval(this.#timer);
    this.#stream.write(CLEAR_LINE);
  }
}

/** `██████░░░░  20%  2.0 s  15,512 answers  7,756/s`. */
export function formatProgress(
  { requests, durationMs }: Pick<LoadOptions, 'requests' | 'durationMs'>,
  { answers, errors }: Pick<LoadFigures, 'answers' | 'errors'>,
  elapsedMs: number,
): string {
  const share = Math.min(1, requests === null ? elapsedMs / durationMs : (answers + errors) / requests);
  const full = Math.round(share * WIDTH);
  const rate = elapsedMs === 0 ? 0 : Math.round((answers * 1000) / elapsedMs);
  const words = [
    '█'.repeat(full) + '░'.repeat(WIDTH - full),
    `${Math.floor(share * 100)}%`.padStart(4),
    `${(elapsedMs / 1000).toFixed(1)} s`,
    `${answers.toLocaleString('en')} answers`,
    `${rate.toLocaleString('en')}/s`,
  ];
  return words.concat(errors === 0 ? [] : `${errors.toLocaleString('en')} errors`).join('  ');
}

/** The mistakes of a config, as a person reads them. */
import { styleText } from 'node:util';
import { formatConfigErrors } from '../config/errors.ts';

/** Every mistake with its place, on stderr, in colour where a terminal shows it. */
export function sayConfigErrors(errors: Parameters<typeof formatConfigErrors>[0]): void {
  console.error(formatConfigErrors(errors, { color: showsColor(process.stderr) }));
}

/** As Node decides it for its own messages: a terminal, NO_COLOR, FORCE_COLOR. */
function showsColor(stream: NodeJS.WriteStream): boolean {
  return styleText('red', 'x', { stream }) !== 'x';
}

/** The command as whoever started this process types it: `npx fairlead` where npx did, else `fairlead`. */
export function typedCommand(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env['npm_command'] === 'exec' ? 'npx fairlead' : 'fairlead';
}

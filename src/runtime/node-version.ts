/** What Node has to be for a program that uses Fairlead as a library; the command looks before it loads anything (`bin/`). */

/** As `engines` of package.json says it. */
const NODE_RANGE = '^24.20.0 || >=26.6.0';

/** Throws where this version cannot pass a listening socket from thread to thread: nothing else would say so by name. */
export function requireNode(version: string): void {
  const [major, minor] = version.split('.').map(Number);
  if (major > 26 || (major === 26 && minor >= 6) || (major === 24 && minor >= 20)) return;
  throw new Error(
    `fairlead needs Node ${NODE_RANGE}; this is ${version}. ` +
      'With "npm install node@26" beside it, start the program by "npx node".',
  );
}

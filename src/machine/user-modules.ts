/** How modules of the user are imported: in which format, which of their files, and what `fairlead` means to them. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** At the beginning of a line, where CommonJS has neither; `import(` and `import.meta` do not count. */
const MODULE_SYNTAX = /^[ \t]*(?:import\b(?![ \t]*[(.])|export\b)/m;

/**
 * The format in which Node loads the user's file. `npm init` makes a folder a CommonJS package, and there Node takes
 * every `.ts` and `.js` for CommonJS, so that the first `import` of a module would be an error.
 */
function formatOf(url: string, format: string | null | undefined): string | null | undefined {
  const { pathname } = new URL(url);
  const isGiven = !url.startsWith('file:') || pathname.includes('/node_modules/') || /\.c[jt]s$/.test(pathname);
  if (isGiven || format?.startsWith('commonjs') !== true) return format;
  if (!MODULE_SYNTAX.test(readFileSync(fileURLToPath(url), 'utf8'))) return format;
  return format === 'commonjs-typescript' ? 'module-typescript' : 'module';
}

export interface UserModuleOptions {
  /** Hears of every file that is loaded. */
  readonly onLoad?: (url: string) => void;
  /** What `import … from 'fairlead'` leads to; left out: what Node finds. */
  readonly fairlead?: URL;
}

/** For what this thread imports from now on, until the function returned is called. */
export function takeUserModules({ onLoad, fairlead }: UserModuleOptions): () => void {
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (fairlead === undefined || specifier !== 'fairlead') return nextResolve(specifier, context);
      return { url: fairlead.href, shortCircuit: true };
    },
    load(url, context, nextLoad) {
      if (url.startsWith('file:')) onLoad?.(url);
      return nextLoad(url, { ...context, format: formatOf(url, context.format) });
    },
  });
  return () => hooks.deregister();
}

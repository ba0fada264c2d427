/** Packages that are installed only by those who use them. */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Looks beside Fairlead first, then in `folder`, where `npx fairlead` was called. Resolves to null where
 * there is none. What has two forms comes as CommonJS, as `default`.
 */
export async function importOptional<T>(name: string, folder: string = process.cwd()): Promise<T | null> {
  for (const from of [import.meta.url, pathToFileURL(resolve(folder, 'package.json'))]) {
    const path = tryResolve(name, from);
    if (path !== null) return (await import(pathToFileURL(path).href)) as T;
  }
  return null;
}

function tryResolve(name: string, from: string | URL): string | null {
  try {
    return createRequire(from).resolve(name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

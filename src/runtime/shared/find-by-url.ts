/**
 * Finds what modules import by a relative path from its URL alone. For each import Node works out the real path,
 * character by character: over some hundred files that gets hot, and the compiler that V8 begins to use for it is 5 MiB
 * of Node's own code, resident from then on.
 */
import { registerHooks } from 'node:module';

/**
 * In this thread, for what it imports from now on. Only for a thread that is ours alone: a module that Node has found is at
 * its real path, and so are the files beside it, as long as no package links one of its own files.
 */
export function findByUrl(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL, conditions } = context;
      const isBeside = specifier.startsWith('.') && parentURL?.startsWith('file:') === true;
      // What `require` takes need not be the whole name.
      if (!isBeside || !conditions.includes('import')) return nextResolve(specifier, context);
      return { url: new URL(specifier, parentURL).href, shortCircuit: true };
    },
  });
}

/**
 * Preloaded with `--import`: writes down, a line each, into $LOADED_MODULES what every thread of a process loads, and what
 * the process that reads for it does; which relative imports Node has to find, and that the latter has ended. It imports
 * nothing, since an import loads what belongs to any name of a module.
 */
const { appendFileSync } = process.getBuiltinModule('node:fs');
const { registerHooks } = process.getBuiltinModule('node:module');
const { threadName } = process.getBuiltinModule('node:worker_threads');

/** How often it is looked for what Node has loaded of its own, in whatever way; each look is a line, too. */
const LOOK_MS = 50;

const file = process.env['LOADED_MODULES'];
const isReading = threadName === '' && /reading-process\.[jt]s$/.test(process.argv[1] ?? '');
const thread = isReading ? 'fairlead-reading' : threadName || 'main';

function record(what) {
  appendFileSync(file, `${thread} ${what}\n`);
}

registerHooks({
  // The hook that is registered last is asked first: what another one has found does not come here.
  resolve(specifier, context, nextResolve) {
    if (specifier.startsWith('.')) record(`found ${specifier}`);
    return nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    record(url);
    return nextLoad(url, context);
  },
});
const known = new Set();
globalThis
  .setInterval(() => {
    for (const entry of process.moduleLoadList) {
      const name = /^NativeModule ([^/]+(?:\/promises)?|internal\/fs\/promises)$/.exec(entry)?.[1];
      if (name === undefined || known.has(name)) continue;
      known.add(name);
      record(`builtin ${name}`);
    }
    record('looked');
  }, LOOK_MS)
  .unref();
if (isReading) process.on('exit', () => record('ended'));

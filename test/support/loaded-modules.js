/**
 * Preloaded with `--import`: writes down, a line each, into $LOADED_MODULES what every thread of a process loads, and what
 * the process that reads for it does; which relative imports Node has to find, and that the latter has ended.
 */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { threadName } from 'node:worker_threads';

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
if (isReading) process.on('exit', () => record('ended'));

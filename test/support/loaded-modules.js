/** Preloaded with `--import`: writes down what every thread of a process loads, a line each, into $LOADED_MODULES. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { threadName } from 'node:worker_threads';

const file = process.env['LOADED_MODULES'];

registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(file, `${threadName || 'main'} ${url}\n`);
    return nextLoad(url, context);
  },
});

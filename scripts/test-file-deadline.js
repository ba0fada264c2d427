/**
 * Preloaded into every test file, as `test-file-deadline.js?ms=120000`: ends it if something that it left open keeps it
 * from ending by itself, since `--test-timeout` looks at tests only, not at files. A file that loops without pause is
 * ended by scripts/test.js.
 */
import { isMainThread } from 'node:worker_threads';

const deadlineMs = Number(new URL(import.meta.url).searchParams.get('ms'));

if (isMainThread && process.env.NODE_TEST_CONTEXT !== undefined) {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    console.error(`${process.argv[1]} is still running after ${deadlineMs / 1000} s, with open: ${open}`);
    process.exit(1);
  }, deadlineMs).unref();
}

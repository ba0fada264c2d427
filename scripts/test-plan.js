/** What `npm test` runs, on which Node. */
import { NODE_24, NODE_26 } from './install.js';

export const TEST_RUNS = [
  { name: 'Node 26', node: NODE_26, files: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'] },
  {
    // Where Node's own inside matters: the sockets, their passing between threads, and the whole once.
    name: 'Node 24',
    node: NODE_24,
    files: [
      'src/net/**/*.test.ts',
      'src/runtime/**/*.test.ts',
      'test/conformance/transport-*.test.ts',
      'test/integration/threads-lifecycle.test.ts',
      'test/integration/end-to-end.test.ts',
    ],
  },
];

/** A test that takes longer fails. */
export const TEST_TIMEOUT_MS = 60_000;
/** A file that something keeps open for longer is ended, and fails. */
export const FILE_DEADLINE_MS = 120_000;
/** A run that takes longer is ended, and names the files it was at. */
export const RUN_DEADLINE_MS = 480_000;

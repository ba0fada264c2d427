/** What `npm test` and `npm run test:long` run, on which Node, and for how long. */
import { NODE_24, NODE_26 } from './install.js';

/**
 * @typedef {object} Plan
 * @property {readonly { name: string, node: string, files: readonly string[] }[]} runs
 * @property {readonly string[]} tools programs that the tests drive, installed where that is allowed
 * @property {number} leastConcurrency files at once, on a machine with few processors
 * @property {number} mostConcurrency files at once, however many processors there are
 * @property {number} testTimeoutMs a test that takes longer fails
 * @property {number} fileDeadlineMs a file that something keeps open for longer is ended, and fails
 * @property {number} runDeadlineMs a run that takes longer is ended, and names the files it was at
 */

/** Every test but those of test/long/. A socket test waits more than it works: few processors get four files at once. */
const ORDINARY = {
  runs: [
    { name: 'Node 26', node: NODE_26, files: ['{src,demo,bench}/**/*.test.ts', 'test/!(long)/**/*.test.ts'] },
    {
      // Where Node's own inside matters: the sockets, their passing between threads, and the whole once. Of the long
      // suites of transports those of the engine that is taken, with and without TLS; the others are in the long run.
      name: 'Node 24',
      node: NODE_24,
      files: [
        'src/net/**/*.test.ts',
        'src/runtime/**/*.test.ts',
        'test/conformance/transport-!(data|tls12|unix).test.ts',
        'test/integration/threads-lifecycle.test.ts',
        'test/integration/end-to-end.test.ts',
      ],
    },
  ],
  tools: ['tmux', 'ps', 'zsh', 'fish', 'openssl'],
  leastConcurrency: 4,
  mostConcurrency: Infinity,
  testTimeoutMs: 120_000,
  fileDeadlineMs: 300_000,
  runDeadlineMs: 1_200_000,
};

/** test/long/: minutes each, and some want root or other servers. One file at a time, since they load the machine. */
const LONG = {
  runs: [
    { name: 'Node 26, long', node: NODE_26, files: ['test/long/**/*.test.ts'] },
    { name: 'Node 24, long', node: NODE_24, files: ['test/conformance/transport-@(data|tls12|unix).test.ts'] },
  ],
  tools: ['nginx', 'haproxy', 'curl', 'dnsmasq', 'mmdebstrap', 'ps', 'openssl', 'wrk', 'testssl', 'chromium', 'pebble'],
  leastConcurrency: 1,
  mostConcurrency: 1,
  testTimeoutMs: 1_800_000,
  fileDeadlineMs: 3_600_000,
  runDeadlineMs: 10_800_000,
};

/** @type {Record<'ordinary' | 'long', Plan>} */
export const PLANS = { ordinary: ORDINARY, long: LONG };

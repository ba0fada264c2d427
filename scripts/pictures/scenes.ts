/** What is pictured: a program, the folder it runs in, the keys pressed, and when the screen is as wanted. */
import type { Terminal } from '../../test/support/terminal.ts';

export interface Scene {
  /** docs/images/NAME.svg */
  readonly name: string;
  /** On the window's frame. */
  readonly title: string;
  /** As one would type it; `fairlead` and `npm` are those of this clone. */
  readonly command: string;
  readonly columns: number;
  readonly rows: number;
  /** Of the folder that it runs in. */
  readonly files: Readonly<Record<string, string>>;
  /** What answers while it runs: three mock servers behind a balancer, at `{port}` of the command. */
  readonly isBalanced?: boolean;
  /** Presses and waits until the screen is as wanted. Default: until the program has ended. */
  readonly play?: (terminal: Terminal) => Promise<void>;
}

const CONFIG = `listeners:
  web: { address: 127.0.0.1:8080 }
routes:
  - { match: { host: api.example.com, path: /v1/* }, pool: api, stripPrefix: /v1 }
  - pool: web
pools:
  api: [127.0.0.1:8081, 127.0.0.1:8082]
  web:
    policy: least-connections
    check: { http: { path: /healthcheck }, interval: 5s }
    endpoints: [127.0.0.1:8083, { address: 127.0.0.1:8084, weight: 2 }]
`;

/** With three mistakes. */
const WRONG_CONFIG = CONFIG.replace('least-connections', 'least-conections')
  .replace('interval: 5s', 'interval: 5')
  .replace('pool: api,', 'pool: apii,');

export const SCENES: readonly Scene[] = [
  {
    name: 'demo',
    title: 'npm start',
    command: 'npm start',
    columns: 126,
    rows: 26,
    files: {},
    play: playDemo,
  },
  {
    name: 'check',
    title: 'fairlead check',
    command: 'fairlead check',
    columns: 112,
    rows: 40,
    files: { 'fairlead.yaml': CONFIG },
  },
  {
    name: 'config-error',
    title: 'fairlead check',
    command: 'fairlead check',
    columns: 112,
    rows: 40,
    files: { 'fairlead.yaml': WRONG_CONFIG },
  },
  {
    name: 'load',
    title: 'fairlead load',
    command: 'fairlead load http://127.0.0.1:{port} -c 64 -d 5s',
    columns: 112,
    rows: 50,
    files: {},
    isBalanced: true,
  },
];

/** Half a minute of traffic, then a server is slowed down and another killed. */
async function playDemo(terminal: Terminal): Promise<void> {
  const isSince = (seconds: number) => (screen: string) => {
    const [, minutes, rest] = /threads? {3}(\d+):(\d\d)/.exec(screen) ?? [];
    return Number(minutes) * 60 + Number(rest) >= seconds;
  };
  await terminal.until(isSince(20), 'the demo has run for 20 s');
  await terminal.press('3', 's');
  await terminal.until(isSince(32), 'the demo has run for 32 s');
  await terminal.press('2', 'k');
  await terminal.until((screen) => screen.includes('s2 is unhealthy'), 's2 is unhealthy');
  await terminal.until(isSince(42), 'the demo has run for 42 s');
}

/** The demo where stdout is no terminal: what there is to try, then a line a second. */
import { API_HOST, APP_HOST } from './demo-config.ts';
import { Demo } from './demo.ts';
import { createStatusLines } from './status-line.ts';

const LINE_MS = 1000;
const RATE = 50;

/** Until `ended` resolves. */
export async function runLines(ended: Promise<unknown>): Promise<void> {
  const demo = await Demo.start({ temper: 'lively', rate: RATE });
  console.log(introduce(demo));
  const nextLine = createStatusLines(
    () => demo.balancer.stats(),
    (id) => demo.nameOf(id),
  );
  const timer = setInterval(() => console.log(nextLine()), LINE_MS);
  await ended;
  clearInterval(timer);
  await demo.close();
}

function introduce({ config, port, httpsPort, whyNoHttps, servers }: Demo): string {
  const list = (pool: string): string =>
    servers
      .filter((server) => server.pool === pool)
      .map(({ name, url }) => `${name} ${url}`)
      .join('   ');
  return `Fairlead with this config:

${config.replaceAll(/^(?=.)/gm, '  ')}
  http://${APP_HOST}:${port}   →   ${list('app')}
  http://${API_HOST}:${port}   →   ${list('api')}   (${servers[servers.length - 1].name} is flaky)
  ${httpsPort === null ? `no HTTPS: ${whyNoHttps ?? ''}` : `https://${APP_HOST}:${httpsPort}  and by HTTPS, with a certificate of its own making`}

Try:
  curl -i -H 'Host: ${API_HOST}' http://127.0.0.1:${port}/
${httpsPort === null ? '' : `  curl -i --insecure https://${APP_HOST}:${httpsPort}/\n`}  curl -X POST ${servers[0].url}/control/hang        (and /control/ok)

The demo sends some ${RATE} requests a second of its own. A line a second follows: requests, failures, further attempts,
each server's share of its pool, health, and half and 99 % of all answers' times since the start. Ctrl-C ends it.
`;
}

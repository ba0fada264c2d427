/** Which exchanges get a line, and how it looks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchange, get, readLines, runLogged } from '../support/access-log.ts';
import type { LoggedBalancer } from '../support/access-log.ts';
import { until } from '../support/until.ts';

/** Asks for the paths, ends the balancer, which writes all that there is, and gives what is in the log. */
async function pathsLogged(running: LoggedBalancer, paths: readonly string[]): Promise<readonly unknown[]> {
  for (const path of paths) await exchange(running.port, get(path));
  await running.balancer.close();
  return readLines(running.file).map((line) => (JSON.parse(line) as { readonly path?: string }).path);
}

describe('the access log', () => {
  it('the access log has from each level what the level says', async (t) => {
    const routes = `[
      { match: { path: /fail/warn }, pool: web, accessLog: { level: warn } },
      { match: { path: /fail/error }, pool: web, accessLog: { level: error } },
      { match: { path: /late/warn }, pool: web, accessLog: { level: warn } },
      { match: { path: /ok/* }, pool: web },
    ]`;
    const running = await runLogged(t, { routes, accessLog: 'level: error' });
    const asked = ['/ok/1', '/late/warn', '/fail/warn', '/fail/error', '/nowhere'];
    assert.deepEqual(await pathsLogged(running, asked), ['/fail/warn', '/fail/error']);
  });

  it('the access log has 404 of no route from level warn on', async (t) => {
    const running = await runLogged(t, { routes: '[{ match: { path: /ok }, pool: web }]', accessLog: 'level: warn' });
    assert.deepEqual(await pathsLogged(running, ['/ok', '/nowhere']), ['/nowhere']);
  });

  it('the access log has only what was slow or failed, where that is asked for', async (t) => {
    const running = await runLogged(t, {
      accessLog: 'only: slow-or-failed, slow: 400ms',
      routes: '[{ match: { path: /late/quick }, pool: web, accessLog: { slow: 1h } }, { pool: web }]',
    });
    const asked = ['/ok', '/late', '/late/quick', '/fail', '/cut'];
    assert.deepEqual(await pathsLogged(running, asked), ['/late', '/fail', '/cut']);
  });

  it('the access log has all that failed and a share of the rest, where it is sampled', async (t) => {
    const running = await runLogged(t, {
      accessLog: 'sample: 0',
      routes: '[{ match: { path: /half/* }, pool: web, accessLog: { sample: 0.5 } }, { pool: web }]',
    });
    const half = Array.from({ length: 100 }, (_, n) => `/half/${n}`);
    const logged = await pathsLogged(running, ['/ok', '/fail', '/ok', ...half]);
    assert.deepEqual(logged.slice(0, 1), ['/fail']);
    // 100 throws of a coin: outside of 20 to 80 once in a thousand million times.
    assert.ok(logged.length > 20 && logged.length < 80, String(logged.length));
  });

  it('the access log has nothing of a route that switched it off, and nothing at all when it is off', async (t) => {
    const routes = '[{ match: { path: /late }, pool: web, accessLog: off }, { pool: web }]';
    const running = await runLogged(t, { routes });
    assert.deepEqual(await pathsLogged(running, ['/late', '/ok']), ['/ok']);
  });

  it('the access log looks as its own format says', async (t) => {
    const format = '$$$method $path|$status|$${reason}x|$referer|$protocol|$attempts|$firstByteMs';
    const { port, file } = await runLogged(t, {
      accessLog: `format: '${format}'`,
      routes: '[{ match: { path: /ok }, pool: web }]',
    });
    await exchange(port, get('/ok', 'Referer: /?key=1\r\n'));
    await exchange(port, get('/nowhere'));
    await exchange(port, 'BAD\r\n\r\n');
    await until(() => readLines(file).length === 3, 'three lines');
    const [ok, unrouted, refused] = readLines(file);
    assert.match(ok, /^\$GET \/ok\|200\|-x\|\/\?key=\*\*\*\|HTTP\/1\.1\|1\|\d+(?:\.\d{1,3})?$/);
    assert.equal(unrouted, '$GET /nowhere|404|no-routex|-|HTTP/1.1|0|-');
    assert.equal(refused, '$- -|400|bad-methodx|-|-|0|-');
  });

  it('the access log looks as the common format does', async (t) => {
    const { port, file } = await runLogged(t, { accessLog: 'format: common' });
    await exchange(port, get('/ok'));
    await until(() => readLines(file).length === 1, 'a line');
    assert.match(
      readLines(file)[0],
      /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/ok HTTP\/1\.1" 200 5$/,
    );
  });

  it('the access log changes with a reload: on, another format and file, off, on again', async (t) => {
    const { balancer, port, file, endpoint } = await runLogged(t);
    const config = (accessLog: object | 'off') => ({
      threads: 1,
      listeners: { web: `127.0.0.1:${port}` },
      pools: { web: [`127.0.0.1:${endpoint}`] },
      accessLog,
    });
    await balancer.reload(config({ to: { file } }));
    const other = `${file}.other`;
    const steps: readonly (readonly [object | 'off', string, number, number])[] = [
      [{ to: { file } }, '/ok?1', 1, 0],
      [{ to: { file: other }, format: '$path' }, '/ok?2', 1, 1],
      ['off', '/ok?3', 1, 1],
      [{ to: { file: other }, format: '$path', buffer: '32KiB' }, '/ok?4', 1, 2],
    ];
    for (const [accessLog, path, inFirst, inOther] of steps) {
      await balancer.reload(config(accessLog));
      await exchange(port, get(path));
      const counts = (): string => `${readLines(file).length} and ${readLines(other).length}`;
      await until(() => counts() === `${inFirst} and ${inOther}`, counts);
    }
    assert.deepEqual(readLines(other), ['/ok?2', '/ok?4']);
  });
});

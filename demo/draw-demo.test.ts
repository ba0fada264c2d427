import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { cellWidth } from './cells.ts';
import type { DemoView, ServerView } from './demo-view.ts';
import { drawDemo } from './draw-demo.ts';

const server = (name: string, more: Partial<ServerView> = {}): ServerView => ({
  name,
  pool: 'app',
  health: 'healthy',
  reason: 'added',
  secondsOut: null,
  behavior: '20 ms',
  weight: 1,
  requestsPerSecond: 33.4,
  share: 0.5,
  inFlight: 1,
  times: { p50Ms: 21.4, p99Ms: 40 },
  history: Array.from({ length: 60 }, (_, second) => (second < 30 ? null : 33)),
  ...more,
});

const DEAD = server('s2', {
  health: 'unhealthy',
  reason: 'http check: connection refused',
  behavior: 'killed',
  requestsPerSecond: 0,
  share: 0,
  times: { p50Ms: null, p99Ms: null },
});

const VIEW: DemoView = {
  port: 8080,
  httpsPort: 8443,
  whyNoHttps: null,
  policy: 'power-of-two',
  threads: 2,
  seconds: 65,
  rate: 100,
  isPaused: false,
  requestsPerSecond: 99.6,
  failuresPerSecond: 0,
  requests: 6500,
  retries: 12,
  rescues: 0,
  lost: { all: 0, posts: 0 },
  times: { p50Ms: 21, p99Ms: 44 },
  servers: [server('s1'), DEAD, server('s3'), server('s4', { pool: 'api' }), server('s5', { pool: 'api' })],
  panicking: [],
  holding: [],
  chosen: 1,
  events: Array.from({ length: 20 }, (_, i) => ({ seconds: i, text: `event ${i}`, kind: 'done' as const })),
  hint: null,
};

const draw = (columns: number, rows = 40, view = VIEW): string[] => drawDemo(view, { columns, rows, isColored: false });

describe('the screen of the demo', () => {
  test('the screen of the demo shows which pool is in panic, and what that means', () => {
    assert.doesNotMatch(draw(100).join('\n'), /PANIC/);
    const text = draw(100, 40, { ...VIEW, panicking: ['api'] }).join('\n');
    assert.match(text, / PANIC {3}no server of api is healthy: those that do not refuse are tried/);
  });

  test('the screen of the demo shows policy, addresses, totals, a row for each server, events and keys', () => {
    const text = draw(120).join('\n');
    assert.match(text, /policy power-of-two {3}2 threads {3}1:05/);
    assert.match(text, /http:\/\/app\.localhost:8080 {2}→ {2}app: s1 s2 s3 {3}checked each second\n/);
    assert.match(text, /curl -i -H 'Host: api\.localhost' http:\/\/127\.0\.0\.1:8080\//);
    assert.match(text, /https:\/\/app\.localhost:8443 {2}and by HTTPS, .*curl --insecure\n/);
    assert.match(
      text,
      /100 requests\/s {3}0 failed\/s {3}p50 21 ms {3}p99 44 ms {3}load 100\/s {3}in all 6500 {3}retried 12 {3}lost 0/,
    );
    assert.match(text, /\n {2}s1 {2}app {3}● healthy {6}20 ms +1 +33 {2}█+[▏▎▍▌▋▊▉]? +50% +1 +21 +40 +█+\n/);
    assert.match(text, /\n▸ s2 {2}app {3}● unhealthy {4}killed +1 +0 +0% +1 +– +– /);
    assert.match(text, /0:19 {2}event 19\n/);
    assert.match(text, /k kill.*\bq quit$/s);
  });

  test('the screen of the demo says why there is no HTTPS', () => {
    const text = draw(120, 40, { ...VIEW, httpsPort: null, whyNoHttps: 'no certificate could be made' }).join('\n');
    assert.match(text, /\nno HTTPS: no certificate could be made\n/);
    assert.doesNotMatch(text, /https:/);
  });

  test('the screen of the demo fits into any terminal, colours and all, with the five servers whole from 12 rows and 50 columns on', () => {
    for (let columns = 20; columns <= 250; columns += 5) {
      for (const rows of [5, 12, 16, 24, 60]) {
        const lines = drawDemo(VIEW, { columns, rows, isColored: true }).map(stripVTControlCharacters);
        assert.ok(lines.length <= rows, `${lines.length} lines in ${rows}`);
        for (const line of lines) assert.ok(cellWidth(line) <= columns, `${columns}: ${line}`);
        if (rows < 12 || columns < 50) continue;
        for (const name of ['s1', 's2', 's3', 's4', 's5']) {
          assert.ok(
            lines.some((line) => new RegExp(`^[ ▸] ${name} .*● (un)?healthy.*\\d+%`).test(line)),
            `${columns} × ${rows} has ${name}`,
          );
        }
      }
    }
  });

  test('the screen of the demo gives what a narrow terminal has no room for to wider ones, and never half a figure', () => {
    const heading = (columns: number): string => draw(columns).find((line) => line.includes('health')) ?? '';
    assert.doesNotMatch(heading(60), /in flight|weight|why/);
    assert.match(heading(80), /p50 ms {2}p99 ms {2}last 60 s/);
    assert.match(heading(120), /in flight/);
    assert.match(heading(180), /weight.*in flight.*why/);
    for (let columns = 30; columns < 100; columns++) {
      const totals = draw(columns).find((line) => line.includes('requests/s'));
      assert.doesNotMatch(totals ?? '', /…/);
      assert.doesNotMatch(draw(columns).slice(-3).join('\n'), /…/);
    }
  });

  test('the screen of the demo drops events, then addresses, where there are few rows', () => {
    const low = draw(100, 14).join('\n');
    assert.doesNotMatch(low, /curl/);
    assert.match(low, /s5.*\n\n(.*event 18\n.*event 19\n\n)?1-5/);
    assert.match(draw(100, 24).join('\n'), /curl.*event 19/s);
  });

  test('the screen of the demo counts an ejection down, explains panic, and says what a loss was', () => {
    const out = server('s4', { pool: 'api', health: 'ejected', secondsOut: 12, share: 0 });
    const text = draw(140, 40, { ...VIEW, servers: [out], panicking: ['app'], lost: { all: 3, posts: 1 } }).join('\n');
    assert.match(text, /s4 {2}api {3}● ejected 12s {2}/);
    assert.match(text, / PANIC {3}no server of app is healthy: .*\n {9}A bad answer is better than none/);
    assert.match(text, /retried 12 {3}lost 3 \(1 POST\)/);
    assert.match(draw(140, 40, { ...VIEW, lost: { all: 2, posts: 2 } }).join('\n'), /lost 2 \(POST\)\n/);
  });

  test('the screen of the demo tells of rescues and of requests that wait for a server, while there are any', () => {
    assert.doesNotMatch(draw(140).join('\n'), /rescued|HELD/);
    const text = draw(140, 40, { ...VIEW, rescues: 3, holding: [{ pool: 'app', held: 42 }] }).join('\n');
    assert.match(text, /retried 12 \(3 rescued\) {3}lost 0/);
    assert.match(text, / HELD {4}42 requests wait for a server of app: .* 503 after 10 s/);
  });

  test('the screen of the demo has a hint above the keys where there is a row for it', () => {
    const hinted = { ...VIEW, hint: 'Press k: s1 is killed' };
    assert.match(draw(120, 40, hinted).join('\n'), /\n▸ Press k: s1 is killed\n1-5/);
    assert.ok(draw(120, 12, hinted).length <= 12);
  });

  test('the screen of the demo says that the load is paused', () => {
    assert.match(draw(100, 40, { ...VIEW, isPaused: true }).join('\n'), /paused/);
  });

  test('the screen of the demo has no escape sequence without colours', () => {
    assert.doesNotMatch(draw(120).join('\n'), /\u001b/);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { LoadFigures } from './load-figures.ts';
import type { LoadOptions } from './load-options.ts';
import { formatReport, toJsonReport } from './load-report.ts';
import { ProgressBar, formatProgress } from './progress-bar.ts';

const OPTIONS: LoadOptions = {
  url: 'http://localhost:8080/',
  connections: 2,
  durationMs: 10_000,
  requests: null,
  rate: null,
  pipelining: 1,
  timeoutMs: 10_000,
  headers: {},
  by: { in: 'header', name: 'x-backend' },
  json: false,
};

function someFigures(): LoadFigures {
  const figures = new LoadFigures();
  for (let i = 0; i < 1500; i++) {
    figures.addAnswer(i % 100 === 0 ? 503 : 200, i < 1200 ? 0.4 : 3, 1024);
    if (i % 3 !== 0) figures.addServer(i % 3 === 1 ? 's1' : 'edge-2');
  }
  figures.addError('ECONNRESET', 2);
  return figures;
}

describe('the report of a load', () => {
  test('the report of a load shows rates, latencies, a histogram, shares and errors', () => {
    const text = stripVTControlCharacters(formatReport(OPTIONS, someFigures().summarize(2000)));
    assert.equal(
      text,
      `http://localhost:8080/, 2 connections, 2.00 s

750 answers/s   1,500 answers   750.0 KiB/s
200: 1,485   503: 15

latency, ms
    p50     p75    p90    p99   p99.9    max    mean   stdev
  0.400   0.400   3.00   3.00    3.00   3.00   0.920    1.04

answers by latency, ms
  ≤ 0.5   80.0%  ████████████████████████████████████████
    ≤ 1    0.0%
    ≤ 2    0.0%
    ≤ 5   20.0%  ██████████

answers by server, by header x-backend
  s1       33.3%    500  █████████████▍
  edge-2   33.3%    500  █████████████▍
  (none)   33.3%    500  █████████████▍

requests without an answer
  ECONNRESET  2`,
    );
  });

  test('the report of a load is short where nothing was answered', () => {
    const figures = new LoadFigures();
    figures.addError('ECONNREFUSED', 200);
    const text = stripVTControlCharacters(formatReport(OPTIONS, figures.summarize(100)));
    assert.equal(
      text,
      `http://localhost:8080/, 2 connections, 0.10 s

0 answers/s   0 answers   0 B/s

requests without an answer
  ECONNREFUSED  200`,
    );
  });

  test('the report of a load says so where connections were closed without a word', () => {
    const text = stripVTControlCharacters(formatReport({ ...OPTIONS, requests: 1 }, new LoadFigures().summarize(100)));
    assert.match(text, /, 1 connection, [^]*\n\nThe server took connections and closed them without an answer\.$/);
  });

  test('the report of a load is one object for scripts', () => {
    const report = JSON.parse(JSON.stringify(toJsonReport(OPTIONS, someFigures().summarize(2000)))) as object;
    assert.deepEqual(Object.keys(report), [
      'url',
      'connections',
      'pipelining',
      'rate',
      'elapsedMs',
      'answers',
      'answersPerSecond',
      'bytes',
      'errors',
      'statuses',
      'latencyMs',
      'histogram',
      'servers',
    ]);
    const { servers } = report as { servers: object };
    assert.deepEqual(servers, { by: 'header:x-backend', answers: { s1: 500, 'edge-2': 500 }, unnamed: 500 });
  });
});

describe('the progress of a load', () => {
  test('the progress of a load is by time, or by requests where their number is given', () => {
    const byTime = formatProgress(OPTIONS, { answers: 15_512, errors: 0 }, 2000);
    assert.equal(byTime, '██████░░░░░░░░░░░░░░░░░░░░░░░░   20%  2.0 s  15,512 answers  7,756/s');
    const byCount = formatProgress({ ...OPTIONS, requests: 100 }, { answers: 48, errors: 2 }, 2000);
    assert.equal(byCount, '███████████████░░░░░░░░░░░░░░░   50%  2.0 s  48 answers  24/s  2 errors');
    assert.match(formatProgress(OPTIONS, { answers: 1, errors: 0 }, 99_000), /^█{30} {2}100%/);
  });

  test('the progress of a load stands in one line, which is empty at the end', () => {
    const written: string[] = [];
    const bar = new ProgressBar({ write: (text: string) => written.push(text) > 0 }, OPTIONS, new LoadFigures());
    bar.close();
    assert.equal(written.length, 2);
    assert.ok(!written.join('').includes('\n'));
    assert.equal(written.at(-1), '\r\u001b[2K');
  });
});

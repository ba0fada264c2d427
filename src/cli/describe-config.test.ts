import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toConfig } from '../config/to-config.ts';
import { explainOrder } from '../core/routing/explain-order.ts';
import type { NodeEngine } from '../runtime/control/engine-choice.ts';
import { describeConfig } from './describe-config.ts';
import type { Machine } from './machine.ts';

const MACHINE: Machine = {
  descriptors: 20_000,
  threads: 2,
  threadsReason: 'auto: all 2 processors',
  maxConnections: 100,
  connectionsReason: 'as configured',
  tcpMigrateReq: 0,
  tcpMigrateReqMeaning: '-',
};

function describeAll(input: Parameters<typeof toConfig>[0], engine: NodeEngine = 'handle'): readonly string[] {
  const config = toConfig(input);
  const routes = explainOrder(config.routes);
  return describeConfig({ config, engine, threads: 2, routes }, MACHINE).split('\n');
}

/** From the routes on. */
function describeFromRoutes(input: Parameters<typeof toConfig>[0]): readonly string[] {
  const lines = describeAll(input);
  return lines.slice(lines.findIndex((line) => line.startsWith('routes')) + 1);
}

describe('describeConfig', () => {
  it('describeConfig names the engine, and says so where it is the last resort', () => {
    const lineOf = (engine: NodeEngine): string => describeAll({ pools: { web: ['localhost:8081'] } }, engine)[0];
    assert.match(lineOf('handle'), /^engine +handle +on Node [\d.]+$/);
    assert.match(lineOf('onread'), /^engine +onread +on Node [\d.]+$/);
    assert.match(lineOf('data'), /^engine +data +on Node [\d.]+; onread failed its probe$/);
  });

  it('describeConfig shows what was set of each route, pool and endpoint, and of the settings', () => {
    const lines = describeFromRoutes({
      zone: 'eu-1',
      timeouts: { connect: '1s' },
      defaults: { retry: { attempts: 2 } },
      pools: {
        web: {
          policy: 'peak-ewma',
          slowStart: '30s',
          zones: 'ignore',
          agent: { port: 8081 },
          hedge: '50ms',
          queue: { max: 5 },
          check: 'tcp',
          endpoints: [
            { address: 'localhost:8081', weight: 2, zone: 'eu-1', priority: 1 },
            { address: 'localhost:8082', backup: 'on' },
            'localhost:8083',
          ],
        },
      },
      routes: [
        {
          match: { path: '/api/*' },
          stripPrefix: '/api',
          pool: 'web',
          policy: { hash: { key: 'header.x-user' } },
          longPoll: 'on',
          timeouts: { responseHead: '5s' },
          hedge: 'off',
        },
        { name: 'rest', pool: 'web' },
      ],
    });
    assert.deepEqual(lines, [
      '  1     path /api/*  → web, without /api, by hash of header.x-user (ring)',
      '    longPoll: on, timeouts: { responseHead: 5s }, hedge: off',
      '  rest  everything   → web',
      '',
      'pools',
      '  web  peak-ewma  tcp every 5s  localhost:8081 (weight 2, priority 1, zone eu-1), localhost:8082 (backup), localhost:8083',
      '    agent: { port: 8081, interval: 5s }, retry: { attempts: 2 }, hedge: { delay: 50ms }, slowStart: 30s, zones: ignore, queue: { max: 5 }',
      '',
      'settings',
      '  timeouts  { connect: 1s }',
      '  zone      eu-1',
    ]);
  });

  it('describeConfig adds nothing where only endpoints were given', () => {
    assert.deepEqual(describeFromRoutes({ pools: { web: ['localhost:8081', 'localhost:8082'] } }), [
      '  1  everything  → web',
      '',
      'pools',
      '  web  power-of-two  no check  localhost:8081, localhost:8082',
    ]);
  });

  it('describeConfig shows where connections of a listener go as they are, all of them or those of a name', () => {
    const lines = describeAll({
      listeners: {
        db: { address: '127.0.0.1:5432', tcp: { pool: 'db', idle: '5m' } },
        dbs: { address: '127.0.0.1:5433', tcp: 'db', tls: { certificates: 'db.pem' } },
        secure: { address: '127.0.0.1:443', tls: { passthrough: { '*.a.example': 'db', 'b.example': 'web' } } },
      },
      pools: { db: ['localhost:5433'], web: ['localhost:8443'] },
    });
    const at = lines.indexOf('listeners');
    assert.deepEqual(lines.slice(at + 1, at + 4), [
      '  db      tcp://127.0.0.1:5432   → db, cut after 5m without a byte',
      '  dbs     tcp://127.0.0.1:5433   what comes out of TLS → db, cut after 1h without a byte',
      '  secure  https://127.0.0.1:443  *.a.example → db, cut after 1h without a byte; b.example → web, cut after 1h without a byte',
    ]);
  });

  it('describeConfig shows what was set of each listener, besides where its connections go and its certificates', () => {
    const certificates = 'a.pem';
    const lines = describeAll({
      listeners: {
        web: { address: ':80', proxyProtocol: { from: ['10.0.0.0/8'] }, halfClose: 'allow' },
        secure: { address: ':443', tls: { certificates, minVersion: '1.3', clientCertificate: { ca: 'ca.pem' } } },
        plain: { address: ':8443', tls: { certificates } },
        db: { address: ':5432', tcp: 'web', proxyProtocol: { from: ['10.0.0.1'], mode: 'detect' } },
        dns: { address: ':53', udp: { pool: 'web', maxSessions: 5 } },
        open: { address: 'unix:/run/open.sock', mode: '666' },
        sock: 'unix:/run/web.sock',
      },
      routes: [{ pool: 'web' }],
      pools: { web: ['localhost:8081'] },
    });
    const from = lines.indexOf('listeners') + 1;
    assert.deepEqual(lines.slice(from, lines.indexOf('', from)), [
      '  web     http://*:80',
      '    halfClose: allow, proxyProtocol: { from: [10.0.0.0/8], mode: require }',
      '  secure  https://*:443',
      '    tls: { minVersion: "1.3" }',
      '  plain   https://*:8443',
      '  db      tcp://*:5432         → web, cut after 1h without a byte',
      '    proxyProtocol: { from: [10.0.0.1], mode: detect }',
      '  dns     udp://*:53           → web, over after 30s without a datagram',
      '    udp: { maxSessions: 5 }',
      '  open    unix:/run/open.sock',
      '    mode: "666"',
      '  sock    unix:/run/web.sock',
    ]);
  });
});

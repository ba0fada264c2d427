/** What other programs' words are answered with has to be right here: an example that is refused would be a wrong way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatConfigErrors } from './errors.ts';
import { cureForeignKey, foreignKeys, toWord } from './foreign-keys.ts';
import { parseConfig } from './load.ts';
import { type SchemaNode } from './described.ts';
import { schemaTree } from './schema-tree.ts';

function inPool(line: string): string {
  return `pools: { web: { endpoints: [localhost:8081], ${line} } }`;
}

function inListener(line: string): string {
  // What a listener needs that gets its certificates by itself.
  const beside = 'stateDir: /var/lib/fairlead\nacme: { terms: agreed }';
  return `${beside}\nlisteners: { web: { ${line} } }\npools: { web: [localhost:8081] }`;
}

function inLayer4(kind: 'tcp' | 'udp', line: string): string {
  const keys = `${line.startsWith('pool:') ? '' : 'pool: db, '}${line}`;
  return `listeners: { web: ":80", db: { address: ":53", ${kind}: { ${keys} } } }\npools: { web: [localhost:8081], db: ["[::1]:53"] }`;
}

/** A config with a line in the place of a title. */
const PLACES: Readonly<Record<string, (line: string) => string>> = {
  Config: (line) =>
    line.startsWith('pools:') ? line : `${line}\npools: { web: [localhost:8081], api: [localhost:8082] }`,
  Listener: (line) => inListener(line.startsWith('address:') ? line : `address: ":443", ${line}`),
  ProxyProtocol: (line) =>
    `listeners: { web: { address: ":80", proxyProtocol: { ${line.startsWith('from:') ? '' : 'from: 10.0.0.1, '}${line} } } }\npools: { web: [localhost:8081] }`,
  PoolProxyProtocol: (line) => inPool(`proxyProtocol: { ${line.startsWith('version:') ? '' : 'version: 2, '}${line} }`),
  ListenerTls: (line) => inListener(`address: ":443", tls: { ${line} }`),
  Acme: (line) => {
    const terms = line.includes('terms:') ? '' : 'terms: agreed, ';
    return line.startsWith('tls:')
      ? inListener(`address: ":443", ${line}`)
      : `acme: { ${terms}${line} }\npools: { web: [localhost:8081] }`;
  },
  Certificate: (line) => inListener(`address: ":443", tls: { certificates: { ${line} } }`),
  ClientCertificate: (line) =>
    inListener(`address: ":443", tls: { certificates: a.pem, clientCertificate: { ${line} } }`),
  PoolTls: (line) => inPool(`tls: { ${line} }`),
  Route: (line) =>
    `routes: [{ ${/^(?:pool|redirect):/.test(line) ? '' : 'pool: web, '}${line} }]\npools: { web: [localhost:8081] }`,
  Match: (line) => `routes: [{ pool: web, match: { ${line} } }]\npools: { web: [localhost:8081] }`,
  Pool: (line) => `pools: { web: { ${line.startsWith('endpoints:') ? '' : 'endpoints: [localhost:8081], '}${line} } }`,
  Breaker: (line) => inPool(line.startsWith('ejection:') ? line : `breaker: { ${line} }`),
  TcpListener: (line) => inLayer4('tcp', line),
  UdpListener: (line) => inLayer4('udp', line),
  Queue: (line) => inPool(`queue: { ${line} }`),
  Retry: (line) => inPool(line.startsWith('timeouts:') ? line : `retry: { ${line} }`),
  RouteRetry: (line) =>
    `routes: [{ pool: web, ${line.startsWith('timeouts:') ? line : `retry: { ${line} }`} }]\npools: { web: [localhost:8081] }`,
  Hedge: (line) => inPool(`hedge: { ${line} }`),
  Timeouts: (line) =>
    /^(?:check|queue):/.test(line) ? inPool(line) : `timeouts: { ${line} }\npools: { web: [localhost:8081] }`,
  ExchangeTimeouts: (line) => inPool(/^(?:check|queue):/.test(line) ? line : `timeouts: { ${line} }`),
  Endpoint: (line) => `pools: { web: [{ ${line.startsWith('address:') ? '' : 'address: localhost:8081, '}${line} }] }`,
  Check: (line) =>
    `pools: { web: { endpoints: [localhost:8081], check: { ${/^(?:https?|tcp|grpc):/.test(line) ? '' : 'tcp: {}, '}${line} } } }`,
};

/** A config that begins with another key than ours, of which nothing else is wrong. */
function withRoutes(text: string): string {
  return /^routes:/m.test(text) ? text : `routes: [{ pool: web }]\n${text}`;
}

function keysOf(title: string, node: SchemaNode = schemaTree()): readonly string[] {
  if (node.title === title && node.properties !== undefined) return Object.keys(node.properties);
  const inner = [...Object.values(node.properties ?? {}), ...(node.anyOf ?? []), node.items, node.additionalProperties];
  return inner.flatMap((each) => (typeof each === 'object' ? keysOf(title, each) : []));
}

describe('a key of another program', () => {
  for (const [title, write] of Object.entries(PLACES)) {
    it(`a key of another program is none of ours in the maps called ${title}`, () => {
      const ours = new Set(keysOf(title).map(toWord));
      assert.ok(ours.size > 0);
      assert.deepEqual(
        foreignKeys(title).filter((word) => ours.has(word)),
        [],
      );
    });

    it(`a key of another program is answered in ${title} with an example that is accepted there`, () => {
      for (const word of foreignKeys(title)) {
        const example = /e\.g\. (.*)\.$/.exec(cureForeignKey(word, title) ?? '')?.[1];
        if (example === undefined) continue;
        const isWhole = /^(?:pools|routes|defaults|listeners):/.test(example);
        const text = (isWhole ? PLACES['Config'] : write)(example);
        const parsed = parseConfig(withRoutes(text), 'a.yaml');
        assert.ok(
          'config' in parsed,
          `${title} ${word}: ${'errors' in parsed ? formatConfigErrors(parsed.errors) : ''}`,
        );
      }
    });
  }

  it('a key of another program is not taken for another where it is one of ours in other letters', () => {
    const messages = (text: string): string => {
      const parsed = parseConfig(text, 'a.yaml');
      return 'errors' in parsed ? formatConfigErrors(parsed.errors) : '';
    };
    assert.match(messages('pools: { web: [localhost:8081] }\nHeaders: {}'), /Did you mean "headers"\?/);
    assert.match(
      messages('pools: { web: { endpoints: [localhost:8081], max_connections: 1 } }'),
      /mean "maxConnections"/,
    );
  });
});

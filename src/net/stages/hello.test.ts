import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { helloOf, protocols, serverName } from '../../../test/support/client-hello.ts';
import { FakeTime } from '../../../test/support/fake-time.ts';
import { ThreadMemory } from '../../core/kept-memory.ts';
import { MemoryTable, createMemoryTable } from '../../core/shared/memory-table.ts';
import { NOBODY } from '../nobody.ts';
import { passStages } from '../stages.ts';
import { TimerWheel } from '../timer-wheel.ts';
import type { TlsProfile } from '../tls.ts';
import type { AcceptedConnection, ConnectionFacts, HandshakeHandler } from '../transport.ts';
import { Greetings } from './greetings.ts';
import { HelloStage } from './hello.ts';

const FACTS: ConnectionFacts = {
  scheme: 'http',
  alpn: '',
  serverName: '',
  peer: { address: '192.0.2.1', port: 1 },
  localPort: 443,
  tls: null,
};
const PROFILE: TlsProfile = { role: 'server' };
const PASSED = helloOf({ extensions: [serverName('old.example')] });

interface Met {
  /** All that happened, in order. */
  readonly heard: string[];
  readonly connection: AcceptedConnection;
  readonly memory: MemoryTable;
  /** Whoever has it behind its stages. */
  opened: AcceptedConnection | null;
  handshake: HandshakeHandler | null;
  arrive(bytes: Buffer): void;
}

/** A client of a listener that passes `old.example` on, and knows all other names but `unknown.example`. */
function meet({ memoryBytes = 2 ** 20, time = new FakeTime(), greetings = new Greetings(9, 9, () => {}) } = {}): Met {
  const heard: string[] = [];
  const wheel = new TimerWheel({ clock: time, turns: time, onFault: (error) => assert.fail(String(error)) });
  const memory = new MemoryTable(createMemoryTable(1), 0);
  memory.limitBytes = memoryBytes;
  const met: Met = {
    heard,
    memory,
    opened: null,
    handshake: null,
    connection: {
      facts: FACTS,
      handler: NOBODY,
      reset: () => void heard.push('reset'),
      close: () => void heard.push('close'),
      end: () => void heard.push('end'),
      resume: () => {},
      write: (text: string) => heard.push(`write ${Buffer.from(text, 'latin1').toString('hex')}`) > 0,
    } as unknown as AcceptedConnection,
    arrive: (bytes) => met.connection.handler.onBytes(bytes, 0, bytes.length),
  };
  const stage = new HelloStage({
    transport: {
      secure: (_connection, held, _profile, handler) => {
        heard.push(`secure ${held?.length}`);
        met.handshake = handler;
        return { abort: () => void heard.push('abort') };
      },
    },
    wheel,
    memory: new ThreadMemory(memory),
    greetings: greetings,
    now: () => time.now(),
    timeoutMs: () => 10_000,
    passes: (hello) => hello.serverName === 'old.example',
    choose: (hello) => (hello.serverName === 'unknown.example' ? null : PROFILE),
    challengeOf: () => null,
    plainAnswer: () => '400',
    ended: ({ facts }, failure) => void heard.push(`${failure?.reason ?? 'done'} ${failure?.code} ${facts.serverName}`),
  });
  met.connection.handler = passStages(met.connection, [stage], {
    open: (connection) => {
      met.opened = connection;
      return { ...NOBODY, onBytes: (bytes, start, end) => void heard.push(`bytes ${bytes.latin1Slice(start, end)}`) };
    },
    gone: () => void heard.push('gone'),
  });
  return met;
}

describe('the stage of a hello', () => {
  it('a name that passes is handed on with all that was read, and its name is known', () => {
    const met = meet();
    for (const byte of PASSED.subarray(0, -1)) met.arrive(Buffer.from([byte]));
    met.arrive(Buffer.concat([PASSED.subarray(-1), Buffer.from('early')]));
    assert.deepEqual(met.heard, [`bytes ${PASSED.toString('latin1')}early`]);
    assert.equal(met.opened, met.connection);
    assert.equal(met.connection.facts.serverName, 'old.example');
    assert.equal(met.memory.keptBytes, 0);
  });

  it('a challenge for a name that passes is for whoever ends its TLS', () => {
    const met = meet();
    met.arrive(helloOf({ extensions: [serverName('old.example'), protocols('acme-tls/1')] }));
    assert.match(met.heard.join(), /^bytes /);
    const other = meet();
    other.arrive(helloOf({ extensions: [serverName('new.example'), protocols('acme-tls/1')] }));
    assert.deepEqual(other.heard.slice(0, 2), ['alpn  new.example', 'write 15030300020278']);
  });

  it('a name that is refused is told of', () => {
    const met = meet();
    met.arrive(helloOf({ extensions: [serverName('unknown.example')] }));
    assert.deepEqual(met.heard.slice(0, 2), ['unknown-name  unknown.example', 'write 15030300020270']);
  });

  for (const name of ['', 'open.example']) {
    it(`what counts is the first hello, whatever name a second one has (${name || 'no name at first'})`, () => {
      const met = meet();
      met.arrive(helloOf({ extensions: name === '' ? [] : [serverName(name)] }));
      // As an engine that has it from TLS, where a client was asked to begin anew.
      const secured = { facts: { ...FACTS, scheme: 'https', serverName: 'secret.example' }, handler: NOBODY };
      met.handshake?.onSecured(secured as unknown as AcceptedConnection);
      assert.equal(met.opened?.facts.serverName, name);
      assert.equal(met.opened.facts.scheme, 'https');
    });
  }

  it('the accepted connection keeps nothing of the stages once another speaks TLS in its place', () => {
    const met = meet();
    met.arrive(helloOf({ extensions: [serverName('new.example')] }));
    assert.notEqual(met.connection.handler, NOBODY);
    met.handshake?.onSecured({ facts: FACTS, handler: NOBODY } as unknown as AcceptedConnection);
    assert.equal(met.connection.handler, NOBODY);
  });

  it('what is kept of a hello is counted, and given back when TLS has it, or when the client has left', () => {
    const met = meet();
    const hello = helloOf({ extensions: [serverName('new.example')] });
    met.arrive(hello.subarray(0, 20));
    assert.ok(met.memory.keptBytes > 0);
    met.arrive(hello.subarray(20));
    assert.deepEqual(met.heard, [`secure ${hello.length}`]);
    assert.equal(met.memory.keptBytes, 0);
    const left = meet();
    left.arrive(hello.subarray(0, 20));
    left.connection.handler.onClose({ kind: 'reset', code: 'ECONNRESET' });
    assert.equal(left.memory.keptBytes, 0);
  });

  it('where there is no memory left for a hello its client is reset, and counted', () => {
    const met = meet({ memoryBytes: 0 });
    met.arrive(PASSED.subarray(0, 9));
    assert.deepEqual(met.heard, ['other memory ', 'reset']);
  });

  it('a hello that comes in one read takes no memory', () => {
    const met = meet({ memoryBytes: 0 });
    const bytes = helloOf({ extensions: [serverName('new.example')] });
    met.arrive(bytes);
    assert.deepEqual(met.heard, [`secure ${bytes.length}`]);
  });

  it('in a crowd clients have two seconds, those who came before it as well, and none has more than its time', () => {
    const time = new FakeTime();
    const crowds: boolean[] = [];
    const greetings = new Greetings(3, 1, (isCrowded) => crowds.push(isCrowded));
    const slow = meet({ time, greetings });
    time.advance(9000);
    const first = meet({ time, greetings });
    const second = meet({ time, greetings });
    const third = meet({ time, greetings });
    assert.deepEqual(crowds, [true]);
    time.advance(1100);
    assert.deepEqual(
      [slow, first, second, third].map(({ heard }) => heard.join()),
      ['close', '', '', ''],
    );
    time.advance(1000);
    assert.deepEqual(
      [first, second, third].map(({ heard }) => heard.join()),
      ['close', 'close', 'close'],
    );
    assert.deepEqual(crowds, [true, false]);
    const alone = meet({ time, greetings });
    time.advance(9000);
    assert.deepEqual(alone.heard, []);
  });
});

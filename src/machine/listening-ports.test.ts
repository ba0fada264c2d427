import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it } from 'node:test';
import { findPortHolder, parseListening, programName } from './listening-ports.ts';

const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

function line(local: string, state: string, inode: string): string {
  return `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0 100 0 0 10 0`;
}

describe('the listening ports of /proc', () => {
  it('the listening ports of /proc are those that a program on this machine can reach, each once and in order', () => {
    const table = [
      HEADER,
      line('0100007F:0BB9', '0A', '11'),
      line('00000000:0BB8', '0A', '12'),
      line(`${'0'.repeat(32)}:0BB8`, '0A', '13'),
      line(`${'0'.repeat(24)}01000000:1F90`, '0A', '14'),
    ].join('\n');
    assert.deepEqual(parseListening(table), [
      { port: 3000, inode: '12' },
      { port: 3001, inode: '11' },
      { port: 8080, inode: '14' },
    ]);
  });

  it('the listening ports of /proc leave out connections, other addresses and what is no line', () => {
    const table = [
      HEADER,
      line('0100007F:0BB9', '01', '11'),
      line('0A00000A:0BB8', '0A', '12'),
      '',
      'x y',
      '0: 0100007F 0 0A',
    ].join('\n');
    assert.deepEqual(parseListening(table), []);
  });
});

describe('who has a port', { skip: process.platform === 'linux' ? false : 'only Linux says so' }, () => {
  it('a port belongs to the process that listens there, and to nobody once it has gone', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const holder = await findPortHolder(port);
    assert.equal(holder?.pid, process.pid);
    assert.match(holder.program, /^node /);
    server.close();
    await once(server, 'close');
    assert.equal(await findPortHolder(port), null);
  });
});

describe('the name of a program', () => {
  it('the name of a program has the script that an interpreter runs, without its folder and its options', () => {
    assert.equal(
      programName('node-MainThread\n', 'node\0--watch\0/srv/app/server.js\0--token=abc\0'),
      'node server.js',
    );
    assert.equal(programName('python3.12\n', '/usr/bin/python3.12\0-m\0http.server\0'), 'python3.12 http.server');
    assert.equal(programName('nginx\n', 'nginx: worker process\0'), 'nginx');
    assert.equal(programName('node', ''), 'node');
  });

  it('the name of a program is one line of ASCII, whatever a file is called', () => {
    assert.equal(programName('node', 'node\0/srv/a\npools: {}\u001b[31m.js\0'), 'node apools: {}[31m.js');
  });
});

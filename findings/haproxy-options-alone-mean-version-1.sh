#!/usr/bin/env bash
# In HAProxy, proxy-v2-options without send-proxy-v2 is neither ignored nor version 2: the server gets a header of version 1.
#
# Seen with HAProxy 2.6.12 (Debian's haproxy 2.6.12-1+deb12u4), in front of a server that writes back what it reads.
# `server … proxy-v2-options crc32c` passes the check of the config without a warning (-c -dW, which makes an error of
# one), and each connection begins with the text line of version 1 (PROXY TCP4 …) without the field asked for, as
# with `send-proxy`. `send-proxy-v2 proxy-v2-options crc32c` sends version 2 with the checksum (03), and a server with
# neither word gets the client's bytes alone. A guess from memory is that options of a header that is not switched on
# do nothing, or that they switch on the version in their name: whoever converts such a config has to write version 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q download haproxy=2.6.12-1+deb12u4 liblua5.3-0=5.3.6-2 libopentracing-c-wrapper0=1.1.3-3+b1 libopentracing1=1.6.0-4 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$folder/root/usr/lib/x86_64-linux-gnu"
cat >watch.cjs <<'PROGRAM'
// A server that prints how each connection begins, behind one listener of HAProxy for each form of its line.
const net = require('node:net');
const { once } = require('node:events');
const { spawn, spawnSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const FORMS = ['', 'proxy-v2-options crc32c', 'send-proxy-v2 proxy-v2-options crc32c'];
const listen = async (server) => (await once(server.listen(0, '127.0.0.1'), 'listening'), server.address().port);
async function connect(port) {
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const client = net.connect(port, '127.0.0.1');
    try {
      await once(client, 'connect');
      return client.on('error', () => {});
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
function describe(bytes) {
  if (bytes[0] !== 0x0d) return `the line ${JSON.stringify(bytes.toString('latin1').split(' ', 2).join(' '))}`;
  return `version ${bytes[12] >> 4}, behind the addresses a field ${bytes.toString('hex', 28, 29)}`;
}
async function main() {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => server.emit('begun', bytes));
  });
  const back = await listen(server);
  const free = FORMS.map(() => net.createServer());
  const ports = await Promise.all(free.map(listen));
  await Promise.all(free.map((one) => new Promise((resolve) => one.close(resolve))));
  const times = ['connect', 'client', 'server'].map((word) => ` timeout ${word} 20s`);
  const lines = ['defaults', ' mode tcp', ...times];
  for (const [index, form] of FORMS.entries())
    lines.push(`listen l${index}`, ` bind 127.0.0.1:${ports[index]}`, ` server s 127.0.0.1:${back} ${form}`);
  writeFileSync('haproxy.cfg', [...lines, ''].join('\n'));
  console.log(`check of the config: ${spawnSync('root/usr/sbin/haproxy', ['-q', '-c', '-dW', '-f', 'haproxy.cfg']).status}`);
  const haproxy = spawn('root/usr/sbin/haproxy', ['-q', '-db', '-f', 'haproxy.cfg'], { stdio: 'inherit' });
  process.on('exit', () => haproxy.kill());
  for (const [index, form] of FORMS.entries()) {
    const begun = once(server, 'begun');
    const client = await connect(ports[index]);
    client.write('hello there');
    const [bytes] = await begun;
    console.log(`${form || 'neither word'}: ${describe(bytes)}`);
    client.destroy();
  }
  process.exit(0);
}
setTimeout(() => process.exit(2), 60_000);
void main();
PROGRAM
seen=$(node watch.cjs)
echo "$seen"
[ "$seen" = "check of the config: 0
neither word: the line \"hello there\"
proxy-v2-options crc32c: the line \"PROXY TCP4\"
send-proxy-v2 proxy-v2-options crc32c: version 2, behind the addresses a field 03" ]

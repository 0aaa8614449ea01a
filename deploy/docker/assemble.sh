#!/bin/sh
# Lays out the file system of the image in a folder: Node, the libraries that it needs, the program, the launcher, and nothing else.
# The Dockerfile runs it in its first stage; run by hand, as root, it makes the same tree, to be tried with chroot.
# It knows files. Of what the program does it knows only that it can be started.
#
#   deploy/docker/assemble.sh TARGET      after `npm ci` in this checkout; TARGET must not exist yet
#
# NODE names the Node to take; without it, the first on the PATH is taken.
set -eu

target=${1:?usage: assemble.sh TARGET}
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
node=$(readlink -f "${NODE:-$(command -v node)}")
root=/opt/coredns-ts
user=65532

umask 022
mkdir "$target"
target=$(cd "$target" && pwd)
mkdir -p "$target$root" "$target/etc/coredns"

# Node without its symbol table, which only a debugger reads: 18 MB less.
cp "$node" "$target$root/node"
strip -s "$target$root/node"

# The program: what it runs, not what others import.
cp "$checkout/package.json" "$checkout/LICENSE" "$target$root/"
# What starts of the checkout have kept is left out: it may change while it is copied, and the first start below makes it anew.
without='--exclude=dist/compiled --exclude=dist/types --exclude=dist/man --exclude=dist/.node'
(cd "$checkout" && tar -cf - $without dist) | tar -xf - -C "$target$root"
addon=native/udp-batch/build
if [ ! -e "$checkout/$addon/udp-batch.node" ]; then
  echo "assemble: the addon was not built: run 'npm ci' where there is a C compiler" >&2
  exit 1
fi
mkdir -p "$target$root/$addon"
cp "$checkout/$addon/udp-batch.node" "$target$root/$addon/"
# The addon of QUIC, where it was built (`npm run native`).
quic=native/quic/build/quic.node
if [ -e "$checkout/$quic" ]; then
  mkdir -p "$target$root/$(dirname "$quic")"
  cp "$checkout/$quic" "$target$root/$quic"
fi

# Its libraries, at the paths where `npm ci` put them.
(cd "$checkout" && npm ls --omit=dev --omit=optional --all --parseable) | while read -r package; do
  [ "$package" = "$checkout" ] && continue
  mkdir -p "$target$root/$(dirname "${package#"$checkout"/}")"
  cp -R "$package" "$target$root/${package#"$checkout"/}"
done

# The shared libraries of Node and of the addons, each at its own path, and the loader.
for file in "$node" "$target$root"/native/*/build/*.node; do
  ldd "$file" | sed -n 's/^.*\(=> \|\t\)\(\/[^ ]*\) (0x.*$/\2/p'
done | sort -u | while read -r library; do
  mkdir -p "$target$(dirname "$library")"
  cp -L "$library" "$target$library"
done

# Who runs it, and how names of hosts are looked up. The time zone is UTC, certificates of authorities are inside Node.
echo 'root:x:0:0:root:/:/sbin/nologin' > "$target/etc/passwd"
echo "nonroot:x:$user:$user:nonroot:/:/sbin/nologin" >> "$target/etc/passwd"
printf 'root:x:0:\nnonroot:x:%s:\n' "$user" > "$target/etc/group"
echo 'hosts: files dns' > "$target/etc/nsswitch.conf"
printf '127.0.0.1 localhost\n::1 localhost\n' > "$target/etc/hosts"

# The launcher. It is *permitted* the one capability, not given it in force (`=p`, not `=ep`): with `e` the kernel refuses to start it
# (EPERM) where the runtime dropped every capability, although port 53 may be open to all there. Node's own file stays without: a marked
# one would run in secure mode, in which parts of the environment are not read.
cc -Os -static -s -Wall -Wextra -DROOT="\"$root\"" -o "$target/coredns" "$here/coredns.c"

# Code is compiled once, here, and not at each start: the root file system is read-only then. Node keeps a folder for each user.
# It is also the test that the tree is whole: this is its first start.
mkdir -m 777 "$target$root/compiled"
"$node" "$checkout/scripts/some-cluster.mjs" > "$target.port" &
cluster=$!
tries=0
until [ -s "$target.port" ] || [ "$tries" = 60 ]; do sleep 1; tries=$((tries + 1)); done
printf '.:0 {\n  bind 127.0.0.1\n  errors\n  log\n  hosts {\n    192.0.2.1 first.example\n  }\n  cache\n  forward . 127.0.0.1:9\n}\n' \
  > "$target/first"
printf 'cluster.local:0 {\n  bind 127.0.0.1\n  kubernetes cluster.local {\n    endpoint http://127.0.0.1:%s\n  }\n}\n' \
  "$(cat "$target.port")" >> "$target/first"
chroot --userspec="$user:$user" "$target" /coredns -conf /first > "$target.said" 2>&1 &
started=$!
tries=0
until grep -q '^CoreDNS-' "$target.said" || [ "$tries" = 60 ]; do sleep 1; tries=$((tries + 1)); done
sleep 1
kill -TERM "$started"
wait "$started" || { cat "$target.said" >&2; kill "$cluster"; exit 1; }
kill "$cluster"
rm "$target/first" "$target.said" "$target.port"
chroot --userspec="$user:$user" "$target" /coredns -version
chown -R 0:0 "$target$root/compiled"
chmod -R a=rX,u+w "$target$root/compiled"
# Whatever the checkout allows others.
chmod -R go-w "$target"
setcap cap_net_bind_service=p "$target/coredns"

#!/bin/sh
# Lays out programs of this machine in a folder, each at its own path with the shared libraries that it needs: what the image of the node
# cache has beyond the server. The Dockerfile runs it; run by hand it makes the same tree, to be tried with chroot. It knows files.
#
#   deploy/docker/tools.sh TARGET PROGRAM...
set -eu

target=${1:?usage: tools.sh TARGET PROGRAM...}
shift
mkdir -p "$target"

# A file at its own path, what it is a link to, and its libraries. On systems whose /bin is a link the path without links counts.
lay() {
  place=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
  if [ -e "$target$place" ]; then return; fi
  mkdir -p "$target$(dirname "$place")"
  cp -L "$place" "$target$place"
  ldd "$place" 2>/dev/null | sed -n 's/^.*\(=> \|\t\)\(\/[^ ]*\) (0x.*$/\2/p' | while read -r library; do
    if [ -e "$target$library" ]; then continue; fi
    mkdir -p "$target$(dirname "$library")"
    cp -L "$library" "$target$library"
  done
}
for program; do
  path=$(PATH="/usr/sbin:/usr/bin:/sbin:/bin" command -v "$program")
  lay "$path"
done
# What iptables loads when a rule names it.
for folder in /usr/lib/*/xtables /usr/lib/xtables; do
  [ -d "$folder" ] || continue
  for extension in NOTRACK CT comment tcp udp standard; do
    for file in "$folder/libxt_$extension.so" "$folder/libipt_$extension.so"; do if [ -e "$file" ]; then lay "$file"; fi; done
  done
done

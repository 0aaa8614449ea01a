#!/bin/sh
# Makes a Debian package of this checkout: Node, the program with its addons and libraries, the unit, its user, a Corefile to begin
# with, manuals and completion. It knows files; what is done when it is installed is in the scripts beside it.
#
#   npm run build && deploy/debian/build.sh FOLDER      the package is in FOLDER afterwards
#
# NODE names the Node to take, else the first on the PATH; STRIP=no leaves its symbol table in; COMPRESS is dpkg-deb's -Z (zstd).
set -eu

folder=${1:?usage: build.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
node=$(readlink -f "${NODE:-$(command -v node)}")
version=$("$node" -p "require('$checkout/package.json').version")
architecture=$(dpkg --print-architecture)
[ -e "$checkout/dist/main.js" ] || { echo "build.sh: there is no dist/main.js: run 'npm run build'" >&2; exit 1; }

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
umask 022
lib=$tree/usr/lib/coredns-ts
mkdir -p "$lib/bin" "$lib/node_modules/.bin" "$tree/usr/bin" "$tree/etc/coredns" "$tree/usr/lib/systemd/system" "$tree/usr/lib/sysusers.d" \
  "$tree/usr/lib/tmpfiles.d" "$tree/usr/share/doc/coredns-ts" "$tree/usr/share/bash-completion/completions" "$tree/DEBIAN"

# The program. What starts have kept of compiled code is of this machine.
cp "$checkout/package.json" "$lib/"
cp "$checkout/bin/coredns-ts" "$lib/bin/"
without='--exclude=dist/compiled --exclude=dist/types --exclude=dist/man --exclude=dist/.node'
(cd "$checkout" && tar -cf - $without dist) | tar -xf - -C "$lib"
[ -e "$checkout/native/udp-batch/build/udp-batch.node" ] || { echo "build.sh: the addon is not built, which the unit needs" >&2; exit 1; }
for addon in udp-batch/build/udp-batch.node quic/build/quic.node; do
  [ -e "$checkout/native/$addon" ] || { echo "build.sh: native/$addon is not built: it is left out" >&2; continue; }
  mkdir -p "$lib/native/$(dirname "$addon")"
  cp "$checkout/native/$addon" "$lib/native/$addon"
done
(cd "$checkout" && npm ls --omit=dev --all --parseable 2>/dev/null || true) | while read -r package; do
  case $package in "$checkout" | *node-linux-* | *node-darwin-*) continue ;; esac
  [ -d "$package" ] || continue
  mkdir -p "$lib/$(dirname "${package#"$checkout"/}")"
  cp -R "$package" "$lib/${package#"$checkout"/}"
done
mkdir -p "$lib/src/plugins"
(cd "$checkout/src/plugins" && tar -cf - ./*/README.md) | tar -xf - -C "$lib/src/plugins"

# Its Node, where the launcher looks first.
cp "$node" "$lib/node_modules/.bin/node"
[ "${STRIP:-yes}" = no ] || strip -s "$lib/node_modules/.bin/node"
ln -s ../lib/coredns-ts/bin/coredns-ts "$tree/usr/bin/coredns-ts"

cp "$checkout/deploy/systemd/coredns-ts.service" "$checkout/deploy/systemd/coredns-ts.socket" "$tree/usr/lib/systemd/system/"
cp "$checkout/deploy/systemd/coredns-ts.sysusers" "$tree/usr/lib/sysusers.d/coredns-ts.conf"
cp "$checkout/deploy/systemd/coredns-ts.tmpfiles" "$tree/usr/lib/tmpfiles.d/coredns-ts.conf"
cp "$here/Corefile" "$tree/etc/coredns/Corefile"
cp "$checkout/LICENSE" "$tree/usr/share/doc/coredns-ts/copyright"
gzip -9nc "$checkout/CHANGELOG.md" > "$tree/usr/share/doc/coredns-ts/changelog.gz"
"$node" "$checkout/dist/main.js" completion bash > "$tree/usr/share/bash-completion/completions/coredns-ts"
if [ -d "$checkout/dist/man" ]; then
  cp -R "$checkout/dist/man" "$tree/usr/share/man"
  gzip -9nr "$tree/usr/share/man"
fi

echo /etc/coredns/Corefile > "$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$tree/DEBIAN/$script"; done
size=$(du -sk --exclude=DEBIAN "$tree" | cut -f1)
cat > "$tree/DEBIAN/control" <<END
Package: coredns-ts
Version: $version
Architecture: $architecture
Section: net
Priority: optional
Maintainer: the authors of coredns-ts <coredns-ts@localhost>
Installed-Size: $size
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6
Recommends: systemd
Description: DNS server that reads a Corefile and answers as CoreDNS does
 Same configuration, same flags and signals, same answers as CoreDNS. It brings its own Node.
 .
 It is not started by being installed: edit /etc/coredns/Corefile, then
 systemctl enable --now coredns-ts.
END
mkdir -p "$folder"
dpkg-deb --root-owner-group "-Z${COMPRESS:-zstd}" --build "$tree" "$folder/coredns-ts_${version}_$architecture.deb" >/dev/null
echo "$folder/coredns-ts_${version}_$architecture.deb"

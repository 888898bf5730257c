#!/bin/sh
# Makes bsock_VERSION_ARCHITECTURE.deb of what `make` built: `make deb` calls this.
#
# dpkg-deb on a filled folder, and not debhelper or cargo-deb: packaging/install.sh already knows what goes where, and both
# would have to be told again. One package for command, library and headers, since who installs bsock to learn from it wants
# all three; a distribution would cut it in bsock, libbsock0 and libbsock-dev, as its policy says.
set -eu
umask 022
here=packaging/debian
work=$(dirname "$TO_INSTALL")/debian
root=$work/root
architecture=$(dpkg-architecture -qDEB_HOST_ARCH)
LIBDIR=lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
maintainer="${DEBFULLNAME:-The bsock developers} <${DEBEMAIL:-bsock@packages.invalid}>"
# The same source gives the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)}
export SOURCE_DATE_EPOCH LIBDIR

rm -rf "$work"
mkdir -p "$root/DEBIAN" "$work/debian"
DESTDIR=$root PREFIX=/usr ZSHDIR=share/zsh/vendor-completions sh packaging/install.sh install
libraries=$root/usr/$LIBDIR
doc=$root/usr/share/doc/bsock

for object in "$libraries/libbsock.so.$VERSION" "$libraries/bsock/bsock" "$libraries/bsock/libbsock_preload.so"; do
    strip --strip-unneeded --remove-section=.comment "$object"
done
strip --strip-debug --remove-section=.comment --enable-deterministic-archives "$libraries/libbsock.a"

# Debian's own places and forms for what every package has.
rm "$doc"/LICENSE-*
cp "$here/copyright" "$doc/copyright"
mkdir -p "$root/usr/share/lintian/overrides"
cp "$here/lintian-overrides" "$root/usr/share/lintian/overrides/bsock"
{
    echo "bsock ($VERSION) unstable; urgency=medium"
    echo
    echo "  * What changed for users: CHANGELOG.md of the source."
    echo
    echo " -- $maintainer  $(date -R -u -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$doc/changelog.gz"
find "$root/usr/share/man" -type f -exec gzip -9n {} +

# dpkg-shlibdeps wants a source package around it.
printf 'Source: bsock\n\nPackage: bsock\nArchitecture: any\n' >"$work/debian/control"
dependencies=$(cd "$work" && dpkg-shlibdeps -O -e"$libraries/libbsock.so.$VERSION" -e"$libraries/bsock/bsock" \
    -e"$libraries/bsock/libbsock_preload.so" | sed 's/^shlibs:Depends=//')
size=$(du -sk --exclude=DEBIAN "$root" | cut -f1)
sed -e "s|@VERSION@|$VERSION|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@MAINTAINER@|$maintainer|" \
    -e "s|@DEPENDENCIES@|$dependencies|" -e "s|@SIZE@|$size|" "$here/control.in" >"$root/DEBIAN/control"
echo "libbsock ${SONAME##*.} bsock (>= $VERSION)" >"$root/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$root/DEBIAN/triggers"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"

package=$work/bsock_${VERSION}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
rm -r "$root" "$work/debian"
echo "$package"

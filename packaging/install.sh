#!/bin/sh
# Puts bsock into a system, or takes it away: `make install` and `make uninstall` call this. Nothing is compiled here, so
# root needs no compiler.
#
# One list, `everything`, says what goes where. Installing and uninstalling read the same one: what is taken away is what was
# put there, and nothing else.
set -eu
umask 022
action=${1:?usage: install.sh install|uninstall, with the variables of the Makefile}

# A folder may be given from PREFIX on: LIBDIR=lib/x86_64-linux-gnu.
absolute() { case $2 in /*) printf '%s' "$2" ;; *) printf '%s' "$1/$2" ;; esac; }
prefix=$(absolute "$PWD" "$PREFIX")
bindir=$(absolute "$prefix" "$BINDIR")
libdir=$(absolute "$prefix" "$LIBDIR")
includedir=$(absolute "$prefix" "$INCLUDEDIR")
share=$(absolute "$prefix" "$DATADIR")
zsh=$(absolute "$prefix" "$ZSHDIR")
private=$libdir/bsock
cmake=$libdir/cmake/bsock
doc=$share/doc/bsock

from() { realpath -ms --relative-to="$1" "$2"; }

everything() {
    library=libbsock.so.$VERSION
    file 644 "$TO_INSTALL/release/libbsock.so" "$libdir/$library"
    link "$library" "$libdir/$SONAME"
    link "$SONAME" "$libdir/libbsock.so"
    file 644 "$TO_INSTALL/release/libbsock.a" "$libdir/libbsock.a"
    for header in include/*.h; do file 644 "$header" "$includedir/${header##*/}"; done
    filled packaging/bsock.pc.in "$libdir/pkgconfig/bsock.pc"
    filled packaging/bsock-config.cmake.in "$cmake/bsock-config.cmake"
    filled packaging/bsock-config-version.cmake.in "$cmake/bsock-config-version.cmake"

    # The command finds the preload beside itself, wherever LIBDIR is (crates/cli/src/preload.rs).
    file 755 "$ARTEFACTS/bsock" "$private/bsock"
    file 644 "$ARTEFACTS/libbsock_preload.so" "$private/libbsock_preload.so"
    link "$(from "$bindir" "$private/bsock")" "$bindir/bsock"

    for page in docs/man/*.1 docs/man/man?/*.?; do file 644 "$page" "$share/man/man${page##*.}/${page##*/}"; done
    file 644 packaging/completions/bsock "$share/bash-completion/completions/bsock"
    file 644 packaging/completions/_bsock "$zsh/_bsock"
    file 644 packaging/completions/bsock.fish "$share/fish/vendor_completions.d/bsock.fish"
    for page in docs/*.md LICENSE-*; do file 644 "$page" "$doc/${page##*/}"; done
}

# The libraries that a program needs which is linked with libbsock.a, as rustc told when it made that. libgcc_s and libc are
# left to the compiler: it adds them in the form that fits, and `-static` has no libgcc_s.
static_libraries() { tr ' ' '\n' <"$TO_INSTALL/native-static-libs" | grep -vx -e -lgcc_s -e -lc | paste -sd ' '; }

# A value as the right side of sed's `s|...|...|`.
quoted() { printf '%s' "$1" | sed 's/[\\&|]/\\&/g'; }

# A folder as bsock.pc names it: from the prefix, which pkg-config can be told to take for another.
from_prefix() { case $1 in "$prefix"/*) printf '${prefix}%s' "${1#"$prefix"}" ;; *) printf '%s' "$1" ;; esac; }

fill() {
    sed -e "s|@VERSION@|$(quoted "$VERSION")|g" \
        -e "s|@SONAME@|$(quoted "$SONAME")|g" \
        -e "s|@PREFIX@|$(quoted "$prefix")|g" \
        -e "s|@LIBDIR@|$(quoted "$(from_prefix "$libdir")")|g" \
        -e "s|@INCLUDEDIR@|$(quoted "$(from_prefix "$includedir")")|g" \
        -e "s|@LIBDIR_FROM_CMAKE@|$(quoted "$(from "$cmake" "$libdir")")|g" \
        -e "s|@INCLUDEDIR_FROM_CMAKE@|$(quoted "$(from "$cmake" "$includedir")")|g" \
        -e "s|@STATIC_LIBRARIES@|$(static_libraries)|g" \
        -e "s|@STATIC_LIBRARIES_LIST@|$(static_libraries | tr ' ' ';')|g" \
        "$1"
}

put_in_place() {
    for made in "$ARTEFACTS/bsock" "$ARTEFACTS/libbsock_preload.so" "$TO_INSTALL/release/libbsock.so" \
        "$TO_INSTALL/release/libbsock.a" "$TO_INSTALL/native-static-libs"; do
        [ -e "$made" ] || { echo "bsock: cannot install: $made is missing; run \`make\` first, as yourself" >&2; exit 1; }
    done
    file() { install -D -m "$1" "$2" "$DESTDIR$3"; }
    link() { mkdir -p "$DESTDIR${2%/*}" && ln -sfn "$1" "$DESTDIR$2"; }
    filled() { mkdir -p "$DESTDIR${2%/*}" && fill "$1" >"$DESTDIR$2" && chmod 644 "$DESTDIR$2"; }
    everything
    [ -n "$DESTDIR" ] || tell_the_linker
}

take_away() {
    file() { rm -f "$DESTDIR$3"; }
    link() { rm -f "$DESTDIR$2"; }
    filled() { rm -f "$DESTDIR$2"; }
    everything
    # The folders that are bsock's alone; the others may have been there before.
    for folder in "$private" "$cmake" "$doc"; do
        [ ! -d "$DESTDIR$folder" ] || rmdir --ignore-fail-on-non-empty "$DESTDIR$folder"
    done
    [ -n "$DESTDIR" ] || tell_the_linker >/dev/null
}

# Programs find the library where the dynamic linker looks; where it does not look, they have to be told.
tell_the_linker() {
    PATH=$PATH:/usr/sbin:/sbin
    if ! ldconfig -NXv 2>/dev/null | grep -q "^$libdir:"; then
        echo "bsock: programs do not look for libraries in $libdir: link with -Wl,-rpath,$libdir or set LD_LIBRARY_PATH"
    elif [ "$(id -u)" = 0 ]; then
        ldconfig
    else
        echo "bsock: run \`ldconfig\` as root, so that programs find the library in $libdir"
    fi
}

case $action in
install) put_in_place ;;
uninstall) take_away ;;
*) echo "install.sh: install or uninstall, not $action" >&2 && exit 1 ;;
esac

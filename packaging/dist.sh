#!/bin/sh
# Makes bsock-VERSION.tar.gz of what is committed and of every crate that it needs, for machines without a network: `make dist`
# calls this. `dist.sh check` builds from such an archive, with nothing of cargo's but the compiler, and installs.
set -eu
name=bsock-$VERSION
work=$(dirname "$TO_INSTALL")/dist
archive=$work/$name.tar.gz

make_archive() {
    rm -rf "$work"
    mkdir -p "$work"
    git archive --prefix="$name/" HEAD | tar -x -C "$work"
    # Cargo finds the settings in the folder that it is called in, and by them the crates beside it. It prints them, which
    # --quiet would suppress, and a line a crate, of interest only if it fails.
    mkdir "$work/$name/.cargo"
    (cd "$work/$name" && $CARGO vendor --locked vendor >.cargo/config.toml 2>"$work/log") || { cat "$work/log" >&2; exit 1; }
    rm "$work/log"
    tar -C "$work" --owner=0 --group=0 --numeric-owner --sort=name -czf "$archive" "$name"
    rm -r "${work:?}/$name"
    echo "$archive"
}

check_archive() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT TERM
    tar -C "$folder" -xzf "$archive"
    cd "$folder/$name"
    # An empty home: no crate that was downloaded before can help out.
    unset CARGO_TARGET_DIR BSOCK_ARTEFACTS MAKEFLAGS
    CARGO_HOME=$folder/home make CARGO="$CARGO --frozen"
    make install PREFIX="$folder/installed" CARGO=false
    "$folder/installed/bin/bsock" run -- true
    echo "$name.tar.gz builds offline, and what it builds installs and runs"
}

case ${1:-make} in
make) make_archive ;;
check) check_archive ;;
*) echo "dist.sh: make or check, not $1" >&2 && exit 1 ;;
esac

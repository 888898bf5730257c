#!/bin/sh
# The echo pair of the course notes, from source to finding: built with libbsock, run, talked to from Python through
# ctypes, and then, in plain POSIX, checked with its htons removed. `make demo` runs it.
set -eu

artefacts=${1:?usage: demo.sh FOLDER_OF_THE_BUILD}
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
work=$here/build
mkdir -p "$work"

say() { printf '\n== %s\n\n' "$*"; }

build() { # build SOURCE PROGRAM [FLAG...]
    source=$1 program=$2
    shift 2
    cc -g -Wall -Wextra "-I$root/include" "$@" "$source" "-L$artefacts" -lbsock "-Wl,-rpath,$artefacts" -o "$program"
}

# Starts the server on any free port; it says which. Sets server and port.
start_server() {
    rm -f "$work/said"
    mkfifo "$work/said"
    "$work/server" 0 >"$work/said" &
    server=$!
    trap 'kill "$server" 2>/dev/null || :' EXIT
    exec 3<"$work/said"
    read -r line <&3
    port=${line##*:}
}

say "1. The pair, in C, linked with -lbsock"
build "$here/repeater_server.c" "$work/server"
build "$here/repeater_client.c" "$work/client"
start_server
echo "repeater_server listens on 127.0.0.1:$port; repeater_client sends it three lines:"
printf '%s\n' 'hello, world' '你好，套接字' 'TCP carries bytes, not messages' >"$work/lines"
sed 's/^/  > /' "$work/lines"
"$work/client" "$port" <"$work/lines" | sed 's/^/  < /'

say "2. The same server, from Python through ctypes"
echo '再见，来自 Python' | BSOCK_LIBRARY="$artefacts/libbsock.so" PYTHONPATH="$root/python" python3 "$root/python/examples/repeater_client.py" "$port" | sed 's/^/  < /'
echo q | "$work/client" "$port"
wait "$server"
trap - EXIT
echo "  (q: the server has ended)"

say "3. The same pair under POSIX's names, over libbsock, with its htons removed, under bsock check"
for side in server client; do
    sed 's/htons(\(.*\));/\1;/' "$here/posix/repeater_$side.c" >"$work/${side}_without_htons.c"
    build "$work/${side}_without_htons.c" "$work/${side}_without_htons" -include bsock_posix.h
done
# A port that is free, and free with its bytes swapped as well, since that is the one that will be used.
port=$(python3 - <<'PYTHON'
import random, socket
def free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
swap = lambda port: port >> 8 | (port & 255) << 8
ports = [port for port in range(8000, 32000) if swap(port) > 1024 and swap(port) != port]
random.shuffle(ports)
print(next(port for port in ports if free(port) and free(swap(port))))
PYTHON
)
cat >"$work/pair.sh" <<'SCRIPT'
# The client starts when the server says that it listens, and ends it with q.
rm -f "$1/said"
mkfifo "$1/said"
"$1/server_without_htons" "$2" >"$1/said" &
exec 3<"$1/said"
read -r line <&3
echo "  server: $line"
printf '%s\n' 'hello' 'q' | "$1/client_without_htons" "$2" | sed 's/^/  client: /'
wait
SCRIPT
echo "\$ bsock check -- sh pair.sh   # server $port & client $port"
status=0
"$artefacts/bsock" check -- sh "$work/pair.sh" "$work" "$port" || status=$?
[ "$status" = 1 ] || { echo "demo: bsock check ended with $status, not with 1 for its findings" >&2; exit 1; }

say "What next"
echo "  bsock explain port-byte-order     the long story"
echo "  bsock trace -- COMMAND            each socket call, decoded"
echo "  c-examples/README.md              the programs"

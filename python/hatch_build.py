"""Puts libbsock.so into the wheel, and names in the wheel's tag the oldest glibc on which it runs.

The library is the one that the environment variable BSOCK_LIBRARY names, or the release build of this repository. It
needs no particular Python, so the tag begins with py3-none; the rest is read from the library itself, because it
depends on the machine that it was built on.
"""

import os
import platform
import re
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ALLOWED = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
"""What a manylinux wheel may take from the system, of that which a Rust library takes."""


class CustomBuildHook(BuildHookInterface):
    """The hook: its name is what hatchling looks for."""

    def initialize(self, version, build_data):
        """Called before the wheel is written."""
        library = Path(os.environ.get("BSOCK_LIBRARY") or Path(self.root).parent / "target/release/libbsock.so")
        if not library.exists():
            raise SystemExit(f"{library} is not there: build it with `make`, or set BSOCK_LIBRARY to where it is")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag(library)}"
        build_data["force_include"][str(library.resolve())] = "bsock/libbsock.so"


def platform_tag(library):
    """manylinux_MAJOR_MINOR_MACHINE, by the symbol versions that the library asks for."""
    listed = subprocess.run(["readelf", "-dVW", library], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", listed))
    if not needed <= ALLOWED:
        raise SystemExit(f"{library} needs {', '.join(sorted(needed - ALLOWED))}, which manylinux does not promise")
    asked = [tuple(map(int, found)) for found in re.findall(r"\bGLIBC_(\d+)\.(\d+)", listed)]
    major, minor = max([(2, 17), *asked])
    return f"manylinux_{major}_{minor}_{platform.machine()}"

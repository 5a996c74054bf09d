# SPDX-License-Identifier: BSD-2-Clause
"""Makes a boot archive: a tar file of programs, without what only debuggers need, filled up to a given size.

    archive.py ARCHIVE SIZE OBJCOPY FILE...     `dir/worker.elf` is the file `worker` in it, and a program
"""

import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# What the task manager asks of a program besides its segments.
_KEPT = ("__sel_tls_base", "__sel_uses_floating_point")


def stripped(objcopy: str, program: Path) -> bytes:
    """The program with these symbols only."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / program.name
        kept = [f"--keep-symbol={name}" for name in _KEPT]
        subprocess.run([objcopy, "--strip-all", *kept, program, out], check=True)
        return out.read_bytes()


def main() -> None:
    archive, size, objcopy = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sys.argv[4:]:
            path = Path(name)
            contents = stripped(objcopy, path) if path.suffix == ".elf" else path.read_bytes()
            entry = tarfile.TarInfo(path.stem)
            entry.size = len(contents)
            tar.addfile(entry, io.BytesIO(contents))
    # What tarfile adds at the end, to a multiple of its own, are zeros.
    contents = buffer.getvalue().rstrip(b"\0") + bytes(1024)
    if len(contents) > size:
        sys.exit(f"archive.py: {archive.name} takes {len(contents)} bytes, more than the {size} that it is to have")
    archive.write_bytes(contents + bytes(size - len(contents)))


if __name__ == "__main__":
    main()

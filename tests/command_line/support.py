# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the command line share: the modules behind it, and calls of the command itself."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "platforms"), str(REPOSITORY / "tests" / "runner")]


def selene(*words: str, folder: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Calls the command and returns its exit code and output."""
    command = [str(REPOSITORY / "selene"), *words]
    return subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50, check=False
    )


def said(answer: subprocess.CompletedProcess[str]) -> str:
    """What a call printed as messages, but for what it builds first."""
    return "".join(line for line in answer.stderr.splitlines(keepends=True) if not line.startswith("selene: "))

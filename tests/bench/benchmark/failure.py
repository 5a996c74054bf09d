# SPDX-License-Identifier: BSD-2-Clause
"""The one error of the benchmark: a sentence for the user and the exit code of CLI.md."""

FAILED = 1
WRONG_COMMAND = 2
MISSING = 3
TIMED_OUT = 124


class BenchFailure(Exception):
    """The benchmark cannot go on. `code` is its exit code, the text one sentence that says what to do."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code

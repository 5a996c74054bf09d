# SPDX-License-Identifier: BSD-2-Clause
"""Rows of the loader, between markers of its own: what it executes itself counts, too.

    load.instructions_per_object   building and handing over a plain spec of 10,000 objects, and reading it back
    load.overhead                  of that, what the loader executes itself, in hundredths of what the kernel does for it
    load.read_back                 reading that back, in hundredths of building it
    load.total.hello               everything that the loader does for the default system
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from build import CAPDL, image_parts, make_image
from systems import find_system
from terminal import BUILD, FAILED, Failure, die_with_parent

from benchmark import layout
from benchmark.counts import Counts, Figure
from benchmark.large_spec import PAGE, large_spec
from benchmark.machine import Run
from benchmark.rows import LOAD_ROWS, row_number

MEASURED_LOADER = BUILD / "loader" / "measured_loader.elf"
STEPS = ("load.build", "load.read_back", "load.start")
_OBJECTS = 10_000
_PROGRAM_PAGES = 16


def steps_of(counts: Counts) -> dict[str, tuple[int, int]]:
    """Instructions of the kernel and of the loader in each step that was taken; one that was taken twice is an error."""
    found = {}
    for step in STEPS:
        regions = counts.regions.get(row_number(step), [])
        if len(regions) > 1:
            raise Failure(f"the loader has taken the step {step} {len(regions)} times", FAILED)
        for region in regions:
            found[step] = (int(region["kernel"]["instructions"]), int(region["user"]["instructions"]))
    return found


def load_figures(el: int) -> list[Figure]:
    """All rows; two runs in QEMU."""
    large, objects = _large(el)
    of_large = steps_of(large.execute()[1])
    image = make_image(find_system("hello"), "release", BUILD / "images" / "bench-load.img", MEASURED_LOADER)
    of_hello = steps_of(Run(image, layout.kernel_range(layout.kernel(el)), el=el).execute()[1])
    return judge_steps(of_large, objects, of_hello)


def judge_steps(
    large: Mapping[str, tuple[int, int]], objects: int, hello: Mapping[str, tuple[int, int]]
) -> list[Figure]:
    """The figures, from kernel's and loader's instructions in each step. Raises Failure if a step was not taken."""
    if missing := [step for step in STEPS if step not in hello or (step not in large and step != "load.start")]:
        raise Failure(f"the loader has not taken the step {missing[0]}", FAILED)
    kernel = sum(large[step][0] for step in STEPS[:2])
    loader = sum(large[step][1] for step in STEPS[:2])
    values = {
        "load.instructions_per_object": ("instructions", (kernel + loader) // objects),
        "load.overhead": ("count", 100 * loader // kernel),
        "load.read_back": ("count", 100 * sum(large["load.read_back"]) // sum(large["load.build"])),
        "load.total.hello": ("instructions", sum(sum(step) for step in hello.values())),
    }
    return [Figure.exact(row, *values[row]) for row in LOAD_ROWS]


def _large(el: int) -> tuple[Run, int]:
    """A run that builds a large system, and starts nothing of it; and how many objects that has."""
    folder = BUILD / "specs" / "load"
    folder.mkdir(parents=True, exist_ok=True)
    spec, image = folder / "large.cdl", BUILD / "images" / "bench-large.img"
    spec.write_text(large_spec(_OBJECTS), encoding="utf-8")
    (folder / "program.bin").write_bytes(bytes(_PROGRAM_PAGES * PAGE))
    parts: dict[str, Path] = image_parts("release") | {"--components": folder, "--loader": MEASURED_LOADER}
    options = [word for option, path in parts.items() for word in (option, str(path))]
    command = [str(CAPDL), "build", str(spec), *options, "--dry-run", "-o", str(image)]
    if subprocess.run(command, check=False, preexec_fn=die_with_parent).returncode != 0:
        raise Failure("no image was made of the large spec: see above", FAILED)
    return Run(image, layout.kernel_range(layout.kernel(el)), el=el), _OBJECTS

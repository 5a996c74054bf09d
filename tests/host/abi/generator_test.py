# SPDX-License-Identifier: BSD-2-Clause
"""The generator of the interface: it refuses every kind of broken description by file and line, and what it makes fits.

Environment: SELENE_REPOSITORY, the repository; CXX, the compiler.
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(os.environ["SELENE_REPOSITORY"])
ABI = REPOSITORY / "kernel/abi"
TEMPLATES = REPOSITORY / "tests/host/abi/templates"

# A small interface without mistakes. Each test breaks it in one place.
SOUND = {
    "box.yaml": """\
object: box
number: 1
prose: A box.
size: {fixed: 64, each: 32, unit: slots, minimum: 1, maximum: 8, alignment: 64}
methods:
  - name: fill
    number: 1
    rights: [write]
    preemptible: false
    prose: Fill it.
    arguments:
      - {name: count, type: word, minimum: 16, maximum: 64, alignment: 16, prose: How many.}
      - {name: lid, type: capability, of: lid, rights: [read], prose: The lid.}
      - {name: colour, type: colour, prose: Which.}
    results: [{name: done, type: word, prose: How many.}]
    errors: [too_full]
  - name: clear
    number: 2
    rights: []
    preemptible: true
    prose: Clear it.
    arguments: []
    results: []
    errors: []
""",
    "lid.yaml": """\
object: lid
number: 2
prose: A lid.
size: {bits: [12, 21]}
methods: []
""",
    "errors.yaml": """\
details:
  - {name: zero, form: number, prose: Nothing.}
  - {name: room, form: number, prose: What is left.}
  - {name: argument, form: argument, prose: Which argument.}
errors:
  - {name: too_full, number: 1, details: [room, zero], sentence: "{0} is left"}
  - {name: too_late, number: 2, details: [zero, zero], sentence: "too late"}
"""
    + "".join(
        f'  - {{name: {name}, number: {number}, details: [argument, zero], sentence: "{{0}}: {name}"}}\n'
        for number, name in enumerate(
            ("empty_slot", "index_out_of_range", "too_many_links", "no_space", "missing_right", "unknown_method",
             "wrong_length", "invalid_tag", "wrong_type", "argument_out_of_range", "misaligned"), 10)),
    "rest.yaml": """\
system_calls:
  - {name: call, number: 0, objects: [box], rights: [write], prose: Call., errors: []}
  - {name: wait, number: 1, objects: [], rights: [], prose: Wait., errors: [too_late]}
tag:
  - {name: length, high: 6, low: 0, prose: Words.}
  - {name: label, high: 63, low: 32, prose: A number.}
rights:
  - {name: read, bit: 0, capdl: R, prose: Read.}
  - {name: write, bit: 1, prose: Write.}
fault_kinds:
  - {name: page_fault, number: 1, words: [address, pc], prose: A page.}
enumerations:
  - {name: colour, prose: Colours., values: [{name: red, value: 0}, {name: blue, value: 1}]}
records:
  - {name: shape, prose: Shapes., fields: [{name: sides, type: word, prose: How many.}]}
limits:
  - {name: register_words, value: 8, prose: Words in registers.}
  - {name: address_bits, value: 39, prose: Bits.}
  - {name: priorities, value: 256, prose: Priorities.}
""",
}

NINE_WORDS = ", ".join(f"w{number}" for number in range(9))
NINE_RESULTS = ", ".join(f"{{name: w{number}, type: word, prose: A word.}}" for number in range(9))

# File, what to replace there, by what, and the complaint about the line where that is.
BROKEN = [
    # YAML and the schema
    ("box.yaml", "[write]", "[write", "not YAML: expected ',' or ']', but got ':'", 1),
    ("box.yaml", "preemptible: false", "preemptable: false",
     "a method has no key 'preemptable'; did you mean 'preemptible'?"),
    ("box.yaml", "    prose: Fill it.\n", "", "a method lacks the key 'prose'", -4),
    ("box.yaml", "number: 1\nprose", "number: 1\nnumber: 1\nprose", "the key 'number' is given twice", 1),
    ("box.yaml", "number: 1\nprose", "number: one\nprose", "expected a number, not 'one'"),
    ("box.yaml", "number: 1\nprose", "number: 0x\nprose", "expected a number, not '0x'"),
    ("box.yaml", "number: 1\nprose", "number: 64\nprose", "64 is not within 1 to 63"),
    ("box.yaml", "prose: A box.", "prose: ''", "expected a text"),
    ("box.yaml", "preemptible: false", "preemptible: maybe", "expected true or false"),
    ("box.yaml", "name: fill", "name: Fill", "expected a name in snake_case, not 'Fill'"),
    ("box.yaml", "name: fill", "name: delete", "'delete' is a reserved word"),
    ("lid.yaml", "methods: []", "methods: none", "expected a list"),
    ("lid.yaml", "methods: []", "methods: [fill]", "expected a method, with the keys name, number, rights, "),
    ("errors.yaml", "form: number, prose: W", "form: numbr, prose: W", "unknown word 'numbr'; did you mean 'number'?"),
    ("rest.yaml", "capdl: R", "capdl: RW", "expected one capital letter"),
    ("rest.yaml", "limits:\n", "tags:\n  - {}\nlimits:\n", "the system calls has no key 'tags'; did you mean 'tag'?"),
    # Names and numbers
    ("lid.yaml", "object: lid", "object: box", "object name 'box' is taken by "),
    ("lid.yaml", "number: 2", "number: 1", "object number '1' is taken by box at "),
    ("lid.yaml", "number: 2", "number: 3", "object numbers leave out 2"),
    ("box.yaml", "name: clear", "name: fill", "method name 'fill' is taken by "),
    ("box.yaml", "number: 2", "number: 1", "method number '1' is taken by fill at "),
    ("box.yaml", "name: colour,", "name: count,", "argument name 'count' is taken by "),
    ("box.yaml", "name: colour,", "name: arguments,", "'arguments' is a local name of the generated code"),
    ("errors.yaml", "number: 2,", "number: 1,", "error number '1' is taken by too_full at "),
    ("rest.yaml", "bit: 1", "bit: 0", "right bit '0' is taken by read at "),
    ("rest.yaml", "bit: 1", "bit: 2", "right bits leave out 1"),
    ("rest.yaml", "wait, number: 1", "wait, number: 0", "system call number '0' is taken by call at "),
    ("rest.yaml", "blue, value: 1", "blue, value: 0", "value value '0' is taken by red at "),
    ("rest.yaml", "blue, value: 1", "blue, value: 2", "value values leave out 1"),
    ("rest.yaml", "name: colour", "name: word", "'word' is a type already"),
    ("rest.yaml", "name: address_bits", "name: address_bitz", "the limit 'address_bits' is missing", None),
    ("errors.yaml", "name: misaligned", "name: crooked", "the error 'misaligned' is missing", None),
    # References
    ("box.yaml", "type: colour", "type: color", "unknown type 'color'; did you mean 'colour'?"),
    ("box.yaml", "of: lid", "of: lit", "unknown object 'lit'; did you mean 'lid'?"),
    ("box.yaml", "rights: [write]", "rights: [wrote]", "unknown right 'wrote'; did you mean 'write'?"),
    ("box.yaml", "rights: [write]", "rights: [write, write]", "right 'write' is given twice"),
    ("box.yaml", "[too_full]", "[to_full]", "unknown error 'to_full'; did you mean 'too_full'?"),
    ("box.yaml", "[too_full]", "[elephant]", "unknown error 'elephant'; known: argument_out_of_range, "),
    ("rest.yaml", "objects: [box]", "objects: [bok]", "unknown object 'bok'; did you mean 'box'?"),
    ("errors.yaml", "[room, zero]", "[rom, zero]", "unknown detail 'rom'; did you mean 'room'?"),
    # Arguments
    ("box.yaml", "of: lid, rights: [read], ", "rights: [read], ", "a capability lacks the key 'of'"),
    ("box.yaml", "of: lid, rights: [read], ", "of: lid, ", "a capability lacks the key 'rights'"),
    ("box.yaml", "type: colour, ", "type: colour, minimum: 1, ", "an argument of type 'colour' has no 'minimum'"),
    ("box.yaml", "minimum: 16, ", "", "'minimum' and 'maximum' go together"),
    ("box.yaml", "minimum: 16", "minimum: 80", "the range 80 to 64 is empty"),
    ("box.yaml", "minimum: 16", "minimum: 17", "a limit is no multiple of 16"),
    ("box.yaml", "alignment: 16", "alignment: 24", "the alignment 24 is no power of two"),
    ("box.yaml", "done, type: word", "done, type: capability", "a method returns words, not capabilities"),
    ("box.yaml", "[{name: done, type: word, prose: How many.}]", f"[{NINE_RESULTS}]",
     "fill has 9 results; registers carry 8"),
    ("box.yaml", "results: [{name: done, type: word, prose: How many.}]", "results: shap",
     "unknown record 'shap'; did you mean 'shape'?"),
    ("rest.yaml", "[{name: sides, type: word, prose: How many.}]", f"[{NINE_RESULTS}]",
     "shape has 9 fields; registers carry 8"),
    ("rest.yaml", "name: sides, type: word", "name: sides, type: wrd", "unknown type 'wrd'; did you mean 'word'?"),
    ("box.yaml", "name: count, type: word, minimum: 16, maximum: 64, alignment: 16", "name: count, type: identity",
     "unknown type 'identity'; "),
    ("rest.yaml", "words: [address, pc]", f"words: [{NINE_WORDS}]", "page_fault has 9 words; registers carry 8"),
    # Sizes
    ("box.yaml", ", alignment: 64}", "}", "a size needs an alignment that is a power of two"),
    ("box.yaml", "maximum: 8, alignment: 64", "maximum: 8, alignment: 48",
     "a size needs an alignment that is a power of two"),
    ("box.yaml", "unit: slots, ", "", "a size that grows needs a unit"),
    ("box.yaml", "each: 32, ", "", "'unit' needs a size that grows: 'each' is missing"),
    ("box.yaml", "minimum: 1, maximum: 8", "minimum: 0, maximum: 8", "the range 0 to 8 is empty or has 0"),
    ("box.yaml", "each: 32, unit: slots, minimum: 1, maximum: 8",
     "each: 4194304, unit: slots, minimum: 1, maximum: 1099511627776", "the largest object has 2^62 bytes or more"),
    ("lid.yaml", "{bits: [12, 21]}", "{fixed: 100, alignment: 64}", "100 is no multiple of the alignment 64"),
    ("lid.yaml", "{bits: [12, 21]}", "{alignment: 64}", "a size of nothing: give 'fixed', 'each' or 'bits'"),
    ("lid.yaml", "[12, 21]", "[21, 12]", "expected one or more numbers, ascending"),
    ("lid.yaml", "bits: [12, 21]", "bits: [12, 21], fixed: 64", "a size in bits has no 'fixed'"),
    # Errors and the tag
    ("errors.yaml", "[room, zero]", "[room]", "too_full has 1 details; there are two"),
    ("errors.yaml", "{0} is left", "{1} is left", "the sentence names {1}, which means nothing here"),
    ("errors.yaml", "{0} is left", "nothing is left", "the sentence leaves out the detail {0}"),
    ("rest.yaml", "high: 63, low: 32", "high: 32, low: 63", "bits 32:63 run backwards"),
    ("rest.yaml", "high: 63, low: 32", "high: 63, low: 6", "bit 6 of 'label' belongs to 'length'"),
]


def generate(description: Path, output: Path, templates: Path = ABI / "templates") -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-B", ABI / "generate.py",
         "--input", description, "--templates", templates, "--output", output],
        capture_output=True, text=True)


class WithFolder(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.output = self.folder / "output"

    def describe(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.folder / name).write_text(text)


class BrokenDescriptions(WithFolder):
    def complaints(self) -> list[str]:
        result = generate(self.folder, self.output)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertFalse(self.output.exists(), "a refused description gives no output")
        return result.stderr.splitlines()

    def test_sound(self):
        self.describe(SOUND)
        result = generate(self.folder, self.output)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_each_mistake_is_named_by_file_and_line(self):
        for file, old, new, message, *lines_off in BROKEN:
            with self.subTest(message):
                text = SOUND[file]
                self.assertEqual(text.count(old), 1, f"'{old}' shall be in {file} once")
                self.describe(SOUND | {file: text.replace(old, new)})
                complaints = self.complaints()
                if lines_off == [None]:  # about the folder as a whole
                    expected = f"{self.folder}:1: {message}"
                else:
                    line = text[: text.index(old)].count("\n") + 1 + sum(lines_off)
                    expected = f"{self.folder}/{file}:{line}: {message}"
                self.assertTrue(
                    any(complaint.startswith(expected) for complaint in complaints),
                    "\n".join(["", f"expected {expected}", "found", *complaints]))

    def test_all_mistakes_are_named(self):
        self.describe(SOUND | {
            "box.yaml": SOUND["box.yaml"].replace("[too_full]", "[to_full]").replace("type: colour", "type: color")})
        self.assertEqual(len(self.complaints()), 2)

    def test_too_many_arguments(self):
        words = "".join(f"\n      - {{name: w{number}, type: word, prose: A word.}}" for number in range(9))
        self.describe(SOUND | {"box.yaml": SOUND["box.yaml"].replace("arguments: []", f"arguments:{words}")})
        self.assertIn("clear has 9 arguments; registers carry 8", self.complaints()[0])

    def test_a_preemptible_method_keeps_a_word_for_its_progress(self):
        words = "".join(f"\n      - {{name: w{number}, type: word, prose: A word.}}" for number in range(8))
        self.describe(SOUND | {"box.yaml": SOUND["box.yaml"].replace("arguments: []", f"arguments:{words}")})
        self.assertIn("a preemptible method leaves the last word to its progress", self.complaints()[0])

    def test_a_part_that_is_missing_or_there_twice(self):
        self.describe({name: text for name, text in SOUND.items() if name != "errors.yaml"})
        self.assertEqual(self.complaints()[0], f"{self.folder}:1: no file gives 'details'")
        self.describe(SOUND | {"more_errors.yaml": SOUND["errors.yaml"]})
        self.assertIn("more_errors.yaml:1: 'details' is given in another file too", self.complaints()[0])
        self.describe({"more_errors.yaml": "just words"})
        self.assertIn("more_errors.yaml:1: expected a mapping", self.complaints()[0])


class Outputs(WithFolder):
    def test_manual_is_up_to_date(self):
        self.assertEqual(generate(ABI, self.output).returncode, 0)
        self.assertEqual(
            (self.output / "reference.md").read_text(), (REPOSITORY / "docs/reference.md").read_text(),
            "docs/reference.md is not that of the interface: cmake --build build --target update_reference")

    def test_what_stays_the_same_is_left_alone(self):
        self.describe(SOUND)
        generate(self.folder, self.output)
        times = {path: path.stat().st_mtime_ns for path in self.output.iterdir()}
        self.describe({"lid.yaml": SOUND["lid.yaml"].replace("A lid.", "The lid.")})
        generate(self.folder, self.output)
        changed = {path.name for path, time in times.items() if path.stat().st_mtime_ns != time}
        self.assertEqual(changed, {"reference.md", "stubs.hpp"})


class NewMethod(WithFolder):
    """A method that the description has and the kernel has not."""

    def build(self, description: Path) -> subprocess.CompletedProcess:
        """Links the dispatch of a description with the methods of the repository's."""
        new, old = self.output / "new/abi", self.output / "old/abi"
        tests = REPOSITORY / "tests/host/abi"
        for source, folder, templates in ((description, new, ABI / "templates"), (ABI, old, ABI / "templates"),
                                          (ABI, self.output, TEMPLATES)):
            self.assertEqual(generate(source, folder, templates).returncode, 0)
        main = self.output / "main.cpp"
        main.write_text('#include "abi/dispatch.hpp"\n'
                        "selene::Refused selene::refuse(abi::ErrorCode code, uint64_t, uint64_t, uint64_t) { return {code}; }\n"
                        "int main() { selene::Invocation call; return selene::dispatch(call, 0, {}) ? 0 : 1; }\n")
        compile_one = [os.environ["CXX"], "-std=c++23",
                       f"-I{tests}/fake", f"-I{tests}", f"-I{REPOSITORY}/libsel/include"]
        for source, headers in ((main, new), (self.output / "recorded_methods.cpp", old)):
            subprocess.run([*compile_one, f"-I{headers.parent}", f"-I{REPOSITORY}/kernel", "-c", source,
                            "-o", source.with_suffix(".o")], check=True)
        return subprocess.run([os.environ["CXX"], "-fuse-ld=lld", *self.output.glob("*.o"), "-o", self.output / "main"],
                              capture_output=True, text=True)

    def test_the_linker_names_the_function_that_is_missing(self):
        self.describe({path.name: path.read_text() for path in ABI.glob("*.yaml")})
        self.assertEqual(self.build(self.folder).returncode, 0)
        method = ("  - {name: levitate, number: 99, rights: [], preemptible: false, prose: Rise., arguments: [], "
                  "results: [], errors: []}\n")
        frame = self.folder / "frame.yaml"
        frame.write_text(frame.read_text().rstrip("\n") + "\n" + method)
        result = self.build(self.folder)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("undefined symbol: selene::frame_levitate(selene::Invocation&)", result.stderr)


if __name__ == "__main__":
    unittest.main()

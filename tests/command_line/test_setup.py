# SPDX-License-Identifier: BSD-2-Clause
"""Set-up: which packages are missing, what apt is told, and what a user reads who cannot install."""

import hashlib
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import support  # noqa: F401  # makes the modules below known
import apt_sources
import board_files
import setup
import sources
from packages import BOARD_PACKAGES, PURPOSES, SOURCES, SOURCES_OF, BoardPackage, Source
from terminal import MISSING, Failure

STANZAS = """\
# comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /keys/archive.gpg

Types: deb
Enabled: no
URIs: http://mirror.example/other
Suites: bookworm
Components: main
"""

LINES = """\
# deb http://mirror.example/comment bookworm main
deb-src http://mirror.example/source bookworm main
deb [arch=amd64 signed-by=/keys/archive.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/security bookworm-security main
"""


def refusal(action: object, *arguments: object) -> str:
    """The sentence with which an action fails, for want of something."""
    try:
        action(*arguments)  # type: ignore[operator]
    except Failure as failure:
        assert failure.code == MISSING, failure.code
        return str(failure)
    raise AssertionError("did not fail")


class AptSources(unittest.TestCase):
    """Entries derived from the system's own."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.apt = Path(holder.name)
        self.lists = self.apt / "sources.list.d"
        self.lists.mkdir()
        patcher = mock.patch.object(apt_sources, "codename", return_value="bookworm")
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_both_forms(self) -> None:
        (self.lists / "debian.sources").write_text(STANZAS, encoding="utf-8")
        (self.apt / "sources.list").write_text(LINES, encoding="utf-8")
        found = [(entry.uri.rpartition("/")[2], entry.suite, entry.signed_by) for entry in apt_sources.system_entries(self.apt)]
        self.assertEqual(
            found,
            [
                ("debian", "bookworm", "/keys/archive.gpg"),
                ("security", "bookworm-security", ""),
                ("debian", "bookworm", "/keys/archive.gpg"),
                ("debian", "bookworm-updates", "/keys/archive.gpg"),
            ],
        )

    def test_backports_from_the_same_mirror_and_once(self) -> None:
        (self.lists / "debian.sources").write_text(STANZAS, encoding="utf-8")
        apt_sources.enable_backports(self.apt)
        made = self.lists / "selene-backports.sources"
        text = made.read_text(encoding="utf-8")
        for line in ("Types: deb", "URIs: http://mirror.example/debian", "Suites: bookworm-backports", "Signed-By: /keys/archive.gpg"):
            self.assertIn(f"{line}\n", text)
        made.rename(self.lists / "by-hand.sources")
        apt_sources.enable_backports(self.apt)
        self.assertFalse(made.exists())

    def test_no_entry(self) -> None:
        self.assertIn("'bookworm'", refusal(apt_sources.enable_backports, self.apt))


class Packages(unittest.TestCase):
    """What is missing, and what is said about it."""

    def test_versions(self) -> None:
        for version in ("1:10.0.2+ds-2+deb13u1~bpo12+1", "10.1", "1:11.0~rc1"):
            self.assertTrue(setup._serves("qemu-system-arm", version), version)
        for version in ("1:7.2+dfsg-7+deb12u18", "1:9.9", ""):
            self.assertFalse(setup._serves("qemu-system-arm", version), version)
        self.assertTrue(setup._serves("cmake", "3.25.1-1"))

    def test_missing(self) -> None:
        self.assertEqual(setup.missing_packages(["dpkg", "no-such-package"]), ["no-such-package"])

    def test_all_is_all(self) -> None:
        for purpose, packages in PURPOSES.items():
            self.assertLessEqual(set(packages), set(PURPOSES["all"]), purpose)
            self.assertLessEqual(set(SOURCES_OF[purpose]), set(SOURCES_OF["all"]), purpose)
        self.assertEqual(PURPOSES.keys(), SOURCES_OF.keys())

    def test_without_root(self) -> None:
        with mock.patch("os.geteuid", return_value=1000), mock.patch.object(setup, "_candidate", return_value="1:7.2"):
            said = refusal(setup._install, ["cmake", "qemu-system-arm"])
        self.assertIn("as root", said)
        self.assertIn("apt-get install --no-install-recommends cmake", said)
        self.assertRegex(said, r"-t \w+-backports qemu-system-arm")

    def test_other_distribution(self) -> None:
        with mock.patch("shutil.which", return_value=None):
            said = refusal(setup._install, ["cmake", "catch2"])
        self.assertIn("not Debian", said)
        self.assertIn("cmake, catch2 (>= 3.4)", said)

    def test_unreachable_registry(self) -> None:
        with (
            mock.patch("os.geteuid", return_value=0),
            mock.patch.object(setup, "_apt"),
            mock.patch.object(setup, "_candidate", return_value=""),
        ):
            self.assertIn("cannot be reached", refusal(setup._install, ["cmake"]))

    def test_check_says_and_changes_nothing(self) -> None:
        with (
            mock.patch.object(setup, "missing_packages", return_value=["cmake"]),
            mock.patch.object(setup, "_install") as install,
            mock.patch.object(setup, "fetch_source") as fetch,
            mock.patch.object(setup, "note") as note,
        ):
            self.assertEqual(setup.setup("run", check_only=True), MISSING)
        install.assert_not_called()
        fetch.assert_not_called()
        self.assertIn("cmake", note.call_args_list[0].args[0])


class SourcePackages(unittest.TestCase):
    """Archives are checked before they are used."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        (self.folder / "top-1.0" / "part" / "deep").mkdir(parents=True)
        (self.folder / "top-1.0" / "part" / "deep" / "file").write_text("content", encoding="utf-8")
        (self.folder / "top-1.0" / "other").write_text("unwanted", encoding="utf-8")

    def fetch(self, checksum: str, part: str, pin_part: bool) -> Path:
        """Fetches from an archive made here, and returns the unpacked folder."""

        def download(_source: Source, work: Path) -> Path:
            import tarfile

            archive = work / "top_1.0.orig.tar.xz"
            with tarfile.open(archive, "w:xz") as tar:
                tar.add(self.folder / "top-1.0", "top-1.0")
            return archive

        source = Source("top", "trixie", part, checksum, pin_part)
        with (
            mock.patch.dict(SOURCES, {"top": source}),
            mock.patch.object(sources, "_FOLDER", self.folder / "sources"),
            mock.patch.object(sources, "_download", download),
        ):
            sources.fetch_source("top")
            self.assertTrue(sources.source_is_there("top"))
        return self.folder / "sources" / "top"

    def test_unpacks_the_part_only(self) -> None:
        unpacked = self.fetch(hashlib.sha256(b"content").hexdigest(), "part/deep/file", True)
        self.assertEqual((unpacked / "file").read_text(encoding="utf-8"), "content")
        self.assertEqual(len(list(unpacked.iterdir())), 2)  # and the stamp

    def test_wrong_checksum(self) -> None:
        for part, pin_part in (("part/deep/file", True), ("part", False)):
            self.assertIn("another checksum", refusal(self.fetch, "0" * 64, part, pin_part))
            self.assertFalse((self.folder / "sources" / "top").exists())


class BoardPackages(unittest.TestCase):
    """Packages for boards: unpacked, and nothing of them installed."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        content = self.folder / "content"
        (content / "DEBIAN").mkdir(parents=True)
        control = "Package: trees\nVersion: 1\nArchitecture: arm64\nMaintainer: nobody <nobody@example>\nDescription: trees\n"
        (content / "DEBIAN" / "control").write_text(control, encoding="utf-8")
        (content / "lib" / "trees-6.1").mkdir(parents=True)
        (content / "lib" / "trees-6.1" / "a.dtb").write_text("a tree", encoding="utf-8")

    def fetch(self, pattern: str) -> Path:
        """Fetches from a package made here, and returns the folder of board files."""

        def download(_package: BoardPackage, work: Path) -> Path:
            archive = work / "trees_1_arm64.deb"
            command = ["dpkg-deb", "--root-owner-group", "--build", self.folder / "content", archive]
            subprocess.run(command, check=True, capture_output=True)
            return archive

        package = BoardPackage("trees", "bookworm", {pattern: "board.dtb"})
        with (
            mock.patch.dict(BOARD_PACKAGES, {"trees": package}),
            mock.patch.object(board_files, "FOLDER", self.folder / "boards"),
            mock.patch.object(board_files, "_download", download),
        ):
            self.assertFalse(board_files.board_files_are_there("trees"))
            board_files.fetch_board_files("trees")
            self.assertTrue(board_files.board_files_are_there("trees"))
        return self.folder / "boards"

    def test_keeps_what_is_named(self) -> None:
        kept = self.fetch("lib/trees-[^/]*/a.dtb")
        self.assertEqual([path.name for path in kept.iterdir()], ["board.dtb"])
        self.assertEqual((kept / "board.dtb").read_text(encoding="utf-8"), "a tree")

    def test_a_package_without_the_file(self) -> None:
        self.assertIn("has no file", refusal(self.fetch, "lib/trees-[^/]*/b.dtb"))
        self.assertEqual(list((self.folder / "boards").iterdir()), [])

    def test_lists_are_private_and_for_another_architecture(self) -> None:
        with mock.patch.object(apt_sources, "release_entry", return_value=apt_sources.Entry("http://m.example", "bookworm", "")):
            options = apt_sources.private_apt(self.folder / "apt", "deb", "bookworm", architecture="arm64")
        for option in ("APT::Architecture=arm64", "Dir::Etc::sourceparts=-", f"Dir::State::Lists={self.folder}/apt/lists"):
            self.assertIn(option, options)
        self.assertIn("Suites: bookworm\n", (self.folder / "apt" / "selene.sources").read_text(encoding="utf-8"))

    def test_check_says_what_is_missing(self) -> None:
        with (
            mock.patch.object(setup, "missing_packages", return_value=[]),
            mock.patch.object(setup, "board_files_are_there", return_value=False),
            mock.patch.object(setup, "fetch_board_files") as fetch,
            mock.patch.object(setup, "note") as note,
        ):
            self.assertEqual(setup.setup("image", check_only=True), MISSING)
        fetch.assert_not_called()
        self.assertTrue(any("u-boot-rpi" in call.args[0] for call in note.call_args_list))


if __name__ == "__main__":
    unittest.main()

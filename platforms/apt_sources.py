# SPDX-License-Identifier: BSD-2-Clause
"""Derives entries for apt (backports, source packages) from the system's own, so that no mirror is named here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from terminal import MISSING, Failure

_SYSTEM = Path("/etc/apt")
_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$")


@dataclass(frozen=True)
class Entry:
    """Where one suite of packages comes from."""

    uri: str
    suite: str
    signed_by: str

    def text(self, kind: str, suite: str) -> str:
        """This entry for another suite of the same mirror, in apt's deb822 form; kind is deb or deb-src."""
        signature = f"Signed-By: {self.signed_by}\n" if self.signed_by else ""
        return f"Types: {kind}\nURIs: {self.uri}\nSuites: {suite}\nComponents: main\n{signature}"


def codename() -> str:
    """The release's name, as in `bookworm`."""
    found = re.search(r"^VERSION_CODENAME=(\S+)$", Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def backports() -> str:
    """The suite with newer packages for this release."""
    return f"{codename()}-backports"


def enable_backports(apt: Path = _SYSTEM) -> None:
    """Adds this release's backports to apt's sources, from the mirror that the release itself comes from."""
    entries = list(system_entries(apt))
    if any(entry.suite == backports() for entry in entries):
        return
    text = "# Made by Selene's ./selene setup\n" + release_entry(apt).text("deb", backports())
    (apt / "sources.list.d" / "selene-backports.sources").write_text(text, encoding="utf-8")


def release_entry(apt: Path = _SYSTEM) -> Entry:
    """The entry that the packages of this release come from."""
    for entry in system_entries(apt):
        if entry.suite in (codename(), "stable"):
            return entry
    raise Failure(f"no entry in {apt} is for Debian's '{codename()}': add one, then try again", MISSING)


def system_entries(apt: Path = _SYSTEM) -> Iterator[Entry]:
    """All entries for binary packages, one per suite, in both forms that apt reads."""
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for path in files:
        if path.is_file() and path.suffix == ".sources":
            yield from _stanzas(path.read_text(encoding="utf-8"))
        elif path.is_file() and path.suffix == ".list":
            yield from _lines(path.read_text(encoding="utf-8"))


def private_apt(folder: Path, kind: str, suite: str, *, architecture: str = "") -> list[str]:
    """Options that let apt read a suite of the release's mirror with lists in a folder of ours: the system's stay as they are.

    `kind` is deb or deb-src, `architecture` another one than the system's.
    """
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    entries = folder / "selene.sources"
    entries.write_text(release_entry().text(kind, suite), encoding="utf-8")
    options = {
        "Acquire::Retries": 3,
        "APT::Sandbox::User": "root",
        "Dir::Etc::sourcelist": entries,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
    }
    if architecture:
        options |= {"APT::Architecture": architecture, "APT::Architectures": architecture}
    return ["--quiet", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]


def _stanzas(text: str) -> Iterator[Entry]:
    """deb822: stanzas of `Field: value` lines, apart by empty lines, values continued by a leading space."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", re.sub(r"\n[ \t]+(?=\S)", " ", kept)):
        fields = {name.lower(): value.strip() for name, value in re.findall(r"^([\w-]+):(.*)$", stanza, re.MULTILINE)}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes") == "no":
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Entry(uri, suite, fields.get("signed-by", ""))


def _lines(text: str) -> Iterator[Entry]:
    """The older form: `deb [options] URI suite components`."""
    for line in text.splitlines():
        if found := _ONE_LINE.match(line.strip()):
            key = re.search(r"signed-by=(\S+)", found["options"] or "")
            yield Entry(found["uri"], found["suite"], key[1] if key else "")

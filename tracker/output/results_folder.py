"""The folder that a run writes into: locked while the run lasts, with a list of what this tool wrote there.

Sources are sacred: a file that this tool did not write is never replaced, whatever its name, and nothing is written
into a folder or over a file that the run reads. The list (`.crosscam.json`) is written before the files that it names,
so that a killed run leaves nothing that the next one would not know.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from crosscam.base.errors import InputError
from crosscam.base.files import create_output_folder, write_text

LOGGER = logging.getLogger(__name__)
MANIFEST = ".crosscam.json"
LOCK = ".crosscam.lock"
SCHEMA = 1
PEOPLE = "people/"
"""Contact sheets, whose number changes from run to run: those of an earlier run are taken away."""


@dataclass
class ResultsFolder:
    """A locked output folder.

    Attributes:
        path: The folder.
        sources: What the run reads, as it may be written down.
        inputs: Files and folders that the run reads.
        known: Names of files that this tool wrote, relative to the folder: in this run or in an earlier one.
        claimed: Those of this run.
    """

    path: Path
    sources: tuple[str, ...]
    inputs: tuple[Path, ...]
    known: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)

    def claim(self, *names: str) -> list[Path]:
        """Paths that this run may write, listed as its own from now on.

        Args:
            names: Relative to the folder, such as "cam1.mp4" or "people/1.jpg".

        Raises:
            InputError: One of them is a file that the run reads, or one that this tool did not write.
        """
        paths = [self._free(name) for name in names]
        if not set(names) <= self.claimed:
            self.claimed |= set(names)
            self.known |= set(names)
            self.save()
        return paths

    def remove_stale_people(self) -> None:
        """Take away the contact sheets of an earlier run: one of an identity that is no more would mislead."""
        for name in sorted(n for n in self.known - self.claimed if n.startswith(PEOPLE)):
            with suppress(OSError):
                (self.path / name).unlink(missing_ok=True)
            self.known.discard(name)
        self.save()

    def save(self) -> None:
        """Write the list of files."""
        content = {"schema": SCHEMA, "process": os.getpid(), "sources": self.sources, "files": sorted(self.known)}
        write_text(self.path / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def _free(self, name: str) -> Path:
        path = self.path / name
        for source in self.inputs:
            if _is_same(path, source) or (source.is_dir() and _is_same(path.parent, source)):
                raise InputError(f"{path} would replace a file of the input '{source}': choose another --output")
        if os.path.lexists(path) and name not in self.known:
            raise InputError(f"{path} is there and was not written by this tool: move it, or choose another --output")
        return path


@contextmanager
def open_results_folder(
    path: str | Path,
    sources: Sequence[str],
    inputs: Sequence[Path] = (),
    overwrite: bool = False,
    keeps_earlier: bool = False,
) -> Iterator[ResultsFolder]:
    """Create and lock the output folder; nothing in it is touched yet.

    Args:
        path: The folder.
        sources: What the run reads, as it may be written down (without passwords): tells runs apart.
        inputs: Files and folders that the run reads.
        overwrite: The results of another run may be replaced.
        keeps_earlier: An earlier run's results are refused even if it had the same sources: they cannot be made again.

    Raises:
        InputError: The folder cannot be written, is in use, is itself an input, or holds another run's results.
    """
    folder = create_output_folder(path)
    for source in inputs:
        if source.is_dir() and _is_same(folder, source):
            raise InputError(f"output folder {folder} is the input '{source}': choose another --output")
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(f"output folder {folder} is in use by {_owner(folder)}: choose another --output") from error
    except (OSError, NotImplementedError) as error:
        LOGGER.warning("output folder %s cannot be locked (%s): let no other run write there", folder, error)
    try:
        earlier = read_manifest(folder)
        if earlier and not overwrite and (keeps_earlier or list(sources) != earlier["sources"]):
            shown = ", ".join(earlier["sources"][:3]) + (", ..." if len(earlier["sources"]) > 3 else "")
            raise InputError(
                f"output folder {folder} holds the results of a run over {shown}: "
                "choose another --output, or give --overwrite to replace them"
            )
        found = ResultsFolder(folder, tuple(sources), tuple(inputs), set(earlier["files"]) if earlier else set())
        found.save()
        yield found
    finally:
        lock.release()


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What an earlier run wrote down: "sources" and "files", lists of texts; None where there is no valid list."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    lists = [content.get(key) for key in ("sources", "files")] if isinstance(content, dict) else [None]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
        return None
    return content


def _owner(folder: Path) -> str:
    manifest = read_manifest(folder)
    process = manifest.get("process") if manifest else None
    return f"another run (process {process})" if isinstance(process, int) else "another run"


def _is_same(first: Path, second: Path) -> bool:
    """Whether two paths lead to one file or folder, through links, upper and lower case, and mounts."""
    with suppress(OSError):
        return os.path.samefile(first, second)
    return os.path.realpath(first) == os.path.realpath(second)

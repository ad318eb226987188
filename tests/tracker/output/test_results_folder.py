"""Sources are sacred: what was not written by this tool is never replaced, and a folder has one run at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosscam.base.errors import InputError
from tracker.output.results_folder import LOCK, MANIFEST, open_results_folder, read_manifest


def test_a_second_run_over_the_same_sources_replaces_what_the_first_wrote(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with open_results_folder(tmp_path / "out", ["a.mp4"]) as folder:
            (path,) = folder.claim("a.txt")
            path.write_text(text)
    assert (tmp_path / "out" / "a.txt").read_text() == "second"
    assert read_manifest(tmp_path / "out")["files"] == ["a.txt"]


def test_a_file_that_this_tool_did_not_write_stays(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with open_results_folder(tmp_path, ["a.mp4"], overwrite=True) as folder:
        with pytest.raises(InputError, match=r"a\.txt is there and was not written by this tool"):
            folder.claim("identities.json", "a.txt")
        assert folder.claimed == set()
    assert (tmp_path / "a.txt").read_text() == "mine"


@pytest.mark.parametrize("kind", ["same", "symbolic link", "hard link", "folder"])
def test_an_input_is_never_a_result(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "in" / "a.mp4"
    source.parent.mkdir()
    source.write_text("video")
    out = tmp_path / "out"
    out.mkdir()
    if kind == "same":
        out = source.parent
    elif kind == "symbolic link":
        (out / "a.mp4").symlink_to(source)
    elif kind == "hard link":
        os.link(source, out / "a.mp4")
    else:
        out.rmdir()
        out.symlink_to(source.parent)
    (out / MANIFEST).write_text('{"schema": 1, "sources": ["a.mp4"], "files": ["a.mp4"]}')  # even if it is listed
    with (
        pytest.raises(InputError, match="would replace a file of the input"),
        open_results_folder(out, ["a.mp4"], [source]) as folder,
    ):
        folder.claim("a.mp4")
    assert source.read_text() == "video"


def test_a_folder_of_pictures_gets_no_sheets(tmp_path: Path) -> None:
    pictures = tmp_path / "people"
    pictures.mkdir()
    (pictures / "1.jpg").write_text("photo")
    with (
        open_results_folder(tmp_path, ["people"], [pictures]) as folder,
        pytest.raises(InputError, match="would replace a file of the input"),
    ):
        folder.claim("people/7.jpg")
    with pytest.raises(InputError, match="is the input"), open_results_folder(pictures, ["people"], [pictures]):
        pass


def test_results_of_another_run_are_kept_unless_told_otherwise(tmp_path: Path) -> None:
    with open_results_folder(tmp_path, ["a.mp4", "b.mp4"]) as folder:
        folder.claim("a.txt")
    with pytest.raises(InputError, match=r"results of a run over a\.mp4, b\.mp4"), open_results_folder(tmp_path, ["c"]):
        pass
    with open_results_folder(tmp_path, ["c"], overwrite=True) as folder:
        folder.claim("a.txt")
    with pytest.raises(InputError, match="--overwrite"), open_results_folder(tmp_path, ["c"], keeps_earlier=True):
        pass


def test_a_folder_has_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        open_results_folder(tmp_path, ["a"]),
        pytest.raises(InputError, match=f"in use by another run .process {os.getpid()}."),
        open_results_folder(tmp_path, ["a"]),
    ):
        pass


def test_the_lock_of_a_killed_run_does_not_count(tmp_path: Path, repo_root: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(repo_root)!r})
from tracker.output.results_folder import open_results_folder
with open_results_folder({str(tmp_path)!r}, ["a"]) as folder:
    folder.claim("a.txt")[0].write_text("x")
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert (tmp_path / LOCK).exists()
    with open_results_folder(tmp_path, ["a"]) as folder:
        assert folder.claim("a.txt") == [tmp_path / "a.txt"]


def test_sheets_of_an_earlier_run_go_and_pictures_of_the_user_stay(tmp_path: Path) -> None:
    with open_results_folder(tmp_path, ["a"]) as folder:
        for path in folder.claim("people/1.jpg", "people/2.jpg", "a.txt"):
            path.parent.mkdir(exist_ok=True)
            path.write_text("sheet")
    (tmp_path / "people" / "12.jpg").write_text("mine")
    with open_results_folder(tmp_path, ["a"]) as folder:
        folder.claim("people/1.jpg")
        folder.remove_stale_people()
    assert sorted(path.name for path in (tmp_path / "people").iterdir()) == ["1.jpg", "12.jpg"]
    assert (tmp_path / "a.txt").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"files": 3}', '{"files": [1], "sources": []}', "\udcff", "[" * 100_000])
def test_a_damaged_list_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_manifest(tmp_path) is None

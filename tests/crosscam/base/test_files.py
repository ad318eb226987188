"""Files appear whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crosscam.base.errors import InputError
from crosscam.base.files import create_output_folder, write_bytes, write_text, written_whole


def test_a_folder_is_created_with_its_parents(tmp_path: Path) -> None:
    assert create_output_folder(tmp_path / "a" / "b").is_dir()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(InputError, match=r"cannot write to output folder .*a"):
        create_output_folder(tmp_path / "a")
    with pytest.raises(InputError, match="Not a directory"):
        create_output_folder(tmp_path / "a" / "b")


def test_an_exception_leaves_the_old_file(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")

    def fail() -> None:
        with written_whole(tmp_path / "a") as part:
            part.write_bytes(b"new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_text_is_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "é\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\n"


@pytest.mark.parametrize(
    "call",
    [
        "from crosscam.base.files import write_text; write_text(path, 'x' * 500_000)",
        "from tracker.output.store.writer import write_store; write_store(path, result)",
    ],
    ids=["text", "store"],
)
def test_a_full_disk_is_one_line_and_leaves_no_file(tmp_path: Path, repo_root: Path, call: str) -> None:
    code = f"""
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {str(repo_root)!r})
import numpy as np
from crosscam.base.errors import InputError
from tracker.structures import CameraInfo, Identity, Tracklet, TrackingResult
n = 5000
tracklet = Tracklet("a", 1, np.arange(n), np.arange(n) / 25, np.ones((n, 4), np.float32), np.ones(n, np.float32))
result = TrackingResult((CameraInfo("a", "a.mp4", 25.0, n, 64, 48),), (Identity(1, (tracklet,)),))
path = Path({str(tmp_path / "file")!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    {call}
except InputError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.startswith(f"cannot write {tmp_path / 'file'}: "), run.stderr
    assert run.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []

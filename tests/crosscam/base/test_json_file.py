from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosscam.base.errors import InputError
from crosscam.base.json_file import json_writer


def test_the_folder_is_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "scores.json"
    write = json_writer(file)
    assert not file.exists()
    write({"mAP": 1.5})
    assert json.loads(file.read_text()) == {"mAP": 1.5}
    assert list(file.parent.iterdir()) == [file]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "scores.json"
    file.write_text("old")
    with pytest.raises(TypeError):
        json_writer(file)({"mAP": object()})
    assert file.read_text() == "old"


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="needs a file, got the folder"):
        json_writer(tmp_path)
    with pytest.raises(InputError, match="cannot write to output folder"):
        json_writer(tmp_path / "file" / "scores.json")


def test_no_file_is_wanted() -> None:
    json_writer(None)({"mAP": 1.5})

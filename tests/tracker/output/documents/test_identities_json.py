"""The contract of `identities.json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosscam.base.errors import DetectionsError, InputError
from tracker.output.documents.identities_json import read_identities, write_identities
from tracker.structures import TrackingResult


def test_the_document_is_the_contract(tmp_path: Path, result: TrackingResult) -> None:
    write_identities(tmp_path / "identities.json", result)
    document = json.loads((tmp_path / "identities.json").read_text())
    assert list(document) == ["schema", "cameras", "identities"]
    assert document["schema"] == 1
    assert document["cameras"][1] == {
        "name": "cam2", "source": "videos/cam2.mp4", "fps": 25.0, "frames": 100, "width": 160, "height": 120,
    }  # fmt: skip
    assert [identity["id"] for identity in document["identities"]] == [1, 2]
    assert document["identities"][0]["tracklets"][1] == {
        "camera": "cam2", "track": 1, "first_frame": 40, "last_frame": 49, "start_s": 1.6, "end_s": 1.96, "boxes": 10,
        "confidence": 0.75,
    }  # fmt: skip
    assert read_identities(tmp_path / "identities.json") == document


def test_nobody_is_a_valid_result(tmp_path: Path, result: TrackingResult) -> None:
    write_identities(tmp_path / "a.json", TrackingResult(result.cameras, ()))
    assert read_identities(tmp_path / "a.json")["identities"] == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 2}'])
def test_another_file_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DetectionsError, match=r"a\.json"):
        read_identities(tmp_path / "a.json")


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path, result: TrackingResult) -> None:
    with pytest.raises(InputError, match=r"cannot write .*identities\.json: No such file"):
        write_identities(tmp_path / "none" / "identities.json", result)

"""seqinfo.ini: what is absent has a default, what is wrong is one line with file, finding and expectation."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscam.base.errors import InputError
from tracker.formats.seqinfo import SequenceInfo, read_sequence_info

MOT17 = "[Sequence]\nname=MOT17-02\nimDir=img1\nframeRate=30\nseqLength=600\nimWidth=1920\nimHeight=1080\nimExt=.jpg\n"


def test_a_file_of_the_benchmark(tmp_path: Path) -> None:
    (tmp_path / "seqinfo.ini").write_text(MOT17, encoding="utf-8")
    assert read_sequence_info(tmp_path / "seqinfo.ini") == SequenceInfo(30.0, 1920, 1080, 600)


def test_what_is_absent_has_its_default(tmp_path: Path) -> None:
    assert read_sequence_info(tmp_path / "seqinfo.ini") == SequenceInfo(25.0, 1920, 1080, None)
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nname=100%\nframeRate=14.985\n", encoding="utf-8")
    assert read_sequence_info(tmp_path / "seqinfo.ini") == SequenceInfo(14.985, 1920, 1080, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"frameRate=30", "expected an INI file, found: File contains no section headers"),
        (b"\xff\xfe\x00", "expected an INI file, found: 'utf-8' codec"),
        (b"[Video]\nframeRate=30", r"expected a section \[Sequence\], found \[Video\]"),
        (b"", r"expected a section \[Sequence\], found none"),
        (b"[Sequence]\nframeRate=fast", "expected frameRate to be a number above 0 and at most 1000, found 'fast'"),
        (b"[Sequence]\nframeRate=0", "expected frameRate .* found '0'"),
        (b"[Sequence]\nimWidth=-640", "expected imWidth .* found '-640'"),
        (b"[Sequence]\nseqLength=inf", "expected seqLength to be a number above 0, found 'inf'"),
        (b"[Sequence]\nseqLength=", "expected seqLength .* found ''"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "seqinfo.ini").write_bytes(content)
    with pytest.raises(InputError, match=rf"seqinfo\.ini: {message}") as caught:
        read_sequence_info(tmp_path / "seqinfo.ini")
    assert "\n" not in str(caught.value)

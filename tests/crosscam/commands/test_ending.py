"""Each way to end has its exit code and one line."""

from __future__ import annotations

import pytest

from crosscam.base.errors import DatasetError, VideoError
from crosscam.commands.ending import exit_code


def raising(error: BaseException) -> object:
    def run() -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (VideoError("cannot open video a.mp4:\nno such file"), 2, "error: cannot open video a.mp4: no such file"),
        (DatasetError("no images in x"), 2, "error: no images in x"),
        (KeyboardInterrupt(), 130, "stopped"),
        (FileNotFoundError(2, "No such file", "b.json"), 1, "failed: b.json: No such file"),
        (RuntimeError("odd"), 1, "failed: RuntimeError: odd"),
    ],
)
def test_an_error_is_one_line_and_a_code(error, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(raising(error)) == code
    assert capsys.readouterr().err == line + "\n"


def test_success_is_zero_and_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: None) == 0
    assert capsys.readouterr() == ("", "")

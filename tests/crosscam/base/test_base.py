"""Small things that both halves share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from crosscam.base import devices
from crosscam.base.devices import choose_device
from crosscam.base.errors import ConfigError, InputError
from crosscam.base.extras import MissingPackageError, require
from crosscam.base.images import read_image
from crosscam.base.names import natural_key
from crosscam.base.stopping import stop_requests


def test_numbers_in_names_are_counted() -> None:
    names = ["img10.png", "img2.jpg", "IMG1.jpg", "img2.jpeg", "a.jpg", "img002.jpg"]
    ordered = ["a.jpg", "IMG1.jpg", "img002.jpg", "img2.jpeg", "img2.jpg", "img10.png"]
    assert [path.name for path in sorted(map(Path, names), key=natural_key)] == ordered


def test_pictures_are_read_whatever_their_name_or_not_at_all(tmp_path: Path) -> None:
    picture = np.full((4, 6, 3), 200, np.uint8)
    path = tmp_path / "門 ä%d.png"
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    assert np.array_equal(read_image(path), picture)
    for name, content in (("empty.png", b""), ("text.jpg", b"hello"), ("cut.png", path.read_bytes()[:40])):
        (tmp_path / name).write_bytes(content)
        assert read_image(tmp_path / name) is None
    assert read_image(tmp_path / "gone.png") is None
    assert read_image(tmp_path) is None


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert require("json", "x", "reading") is __import__("json")
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingPackageError, match=r"^tuning needs optuna: pip install 'crosscam\[tune\]'$"):
        require("optuna", "tune", "tuning")


def test_the_device_is_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(devices, "has_cuda", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [choose_device(d) for d in ("cpu", "auto", "cuda", "cuda:1")] == ["cpu", "cuda", "cuda", "cuda:1"]
    assert choose_device("auto", can_use_cuda=False) == "cpu"
    for wrong in ("gpu", "cuda:", "cuda:x", "cuda:2", "cuda:-1", ""):
        with pytest.raises(ConfigError, match="device"):
            choose_device(wrong)


def test_a_gpu_without_torch_is_said_and_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(devices.ctypes, "CDLL", lambda name: None)
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    devices.has_cuda.cache_clear()
    try:
        assert choose_device("auto") == "cpu"
        assert "pip install 'crosscam[torch]'" in caplog.text
    finally:
        devices.has_cuda.cache_clear()
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"device 'cuda' needs torch: pip install 'crosscam\[torch\]'"):
        choose_device("cuda")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_asked_for_and_handlers_come_back(number: int) -> None:
    before = signal.getsignal(number)

    def work() -> int:
        steps = 0
        with stop_requests(f"kept {number}") as is_stopped:
            while not is_stopped():
                steps += 1
                if steps == 3:
                    os.kill(os.getpid(), number)
                    os.kill(os.getpid(), number)  # a second one changes nothing
            assert steps == 3
        return steps

    with pytest.raises(KeyboardInterrupt, match=f"kept {number}"):
        work()
    assert signal.getsignal(number) is before
    with stop_requests("kept") as is_stopped:
        assert not is_stopped()


def test_the_process_has_one_openvino_core(repo_root: Path) -> None:
    code = """
import tracker.detection.engine, reid.inference.openvino
from crosscam.base.runtime.openvino import openvino_core
assert tracker.detection.engine.openvino_core is reid.inference.openvino.openvino_core is openvino_core
assert openvino_core() is openvino_core()
"""
    subprocess.run([sys.executable, "-c", code], cwd=repo_root, check=True)

"""No secret of an address survives, whatever characters it is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscam.base.secrets import without_secrets


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("rtsp://cam/stream", "rtsp://cam/stream"),
        ("rtsp://admin:secret@cam:554/stream", "rtsp://cam:554/stream"),
        ("rtsp://admin:pa/ss@cam/stream", "rtsp://cam/stream"),
        ("rtsp://admin:p@ss@cam/stream", "rtsp://cam/stream"),
        ("rtsp://admin:p?s#s@cam/stream", "rtsp://cam/stream"),
        ("rtsp://token@cam/stream", "rtsp://cam/stream"),
        ("rtsp://user:s@cr:et@10.0.0.1:554/a@b", "rtsp://10.0.0.1:554/a@b"),
        ("rtsp://admin:p@ss/w@cam/stream", "rtsp://cam/stream"),
        ("rtsp://admin:1234/5@cam/stream", "rtsp://cam/stream"),
        ("http://host:80/a:b@c", "http://host:80/a:b@c"),
        ("http://host/hall@home/stream", "http://host/hall@home/stream"),
        ("http://cam/video?user=admin&password=secret&channel=2", "http://cam/video?user=***&password=***&channel=2"),
        ("http://cam/video?c2VjcmV0", "http://cam/video?***"),
        ("http://cam/video#secret", "http://cam/video"),
        ("http://[fe80::1]:80/video", "http://[fe80::1]:80/video"),
        ("http://user:secret@[fe80::1/video", "http://***"),
        ("HTTP://user:secret@cam/", "HTTP://cam/"),
        ("hall=rtsp://a:b@cam/x", "hall=rtsp://cam/x"),
        ("cam1.mp4", "cam1.mp4"),
        ("C:\\video@home.mp4", "C:\\video@home.mp4"),
    ],
)
def test_an_address_is_cut(address: str, expected: str) -> None:
    assert without_secrets(address) == expected


def test_addresses_within_a_text_are_cut() -> None:
    text = "cannot open 'rtsp://a:b@one/x': no answer; rtsp://c:d@two/y lost"
    assert without_secrets(text) == "cannot open 'rtsp://one/x': no answer; rtsp://two/y lost"


@given(st.text("abcXYZ019!$%&()*+,-./:;=?@[]^_`{}~#'\"<>|\\", min_size=4))
def test_no_password_survives(password: str) -> None:
    shown = without_secrets(f"rtsp://admin:S3cret{password}@camera.local/stream?channel=1")
    assert "S3cret" not in shown
    assert "admin" not in shown

"""Addresses as they may be written down: without user, password and tokens. Texts that leave a run pass here."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
HARMLESS = frozenset(
    ("camera", "channel", "codec", "device", "fps", "height", "profile", "resolution", "stream", "subtype", "width")
)
"""Parameters of an address by which cameras choose a picture; the value of every other one may be a secret."""
HIDDEN = "***"


def without_secrets(text: str) -> str:
    """The text with every address in it cut: `rtsp://user:secret@host/x?token=1` to `rtsp://host/x?token=***`.

    What stands before the last "@" of an address is taken for user and password, also where a password holds "/", "?"
    or "#"; in doubt more is hidden.
    """
    return ADDRESS.sub(lambda match: _cut(match[0]), text) if "://" in text else text


def _cut(address: str) -> str:
    scheme, _, rest = address.partition("://")
    rest = rest.rpartition("@")[2]
    try:
        parts = urlsplit(f"//{rest}")
    except ValueError:  # no host that anybody could read, such as an unclosed bracket
        return f"{scheme}://{HIDDEN}"
    query = "&".join(_parameter(pair) for pair in re.split("[&;]", parts.query)) if parts.query else ""
    return f"{scheme}:{SplitResult('', parts.netloc, parts.path, query, '').geturl()}"


def _parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    if name.lower() in HARMLESS:
        return pair
    return f"{name}={HIDDEN}" if equals else HIDDEN

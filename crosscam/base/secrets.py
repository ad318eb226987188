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

    Passwords may hold "@", "/", "?" and "#", which no address may; in doubt more is hidden.
    """
    return ADDRESS.sub(lambda match: _cut(match[0]), text) if "://" in text else text


def _cut(address: str) -> str:
    scheme, _, rest = address.partition("://")
    try:
        parts = urlsplit(f"//{_without_user(rest)}")
    except ValueError:  # no host that anybody could read, such as an unclosed bracket
        return f"{scheme}://{HIDDEN}"
    query = "&".join(_parameter(pair) for pair in re.split("[&;]", parts.query)) if parts.query else ""
    return f"{scheme}:{SplitResult('', parts.netloc, parts.path, query, '').geturl()}"


def _without_user(rest: str) -> str:
    """What follows user and password; an "@" in a path stays, unless a ":" stands before it and a "/" behind it."""
    has_user = False
    while "@" in rest:
        authority = re.split("[/?#]", rest, maxsplit=1)[0]
        before, _, after = rest.rpartition("@")
        if "@" in authority:
            rest, has_user = rest[authority.rindex("@") + 1 :], True
        elif "/" in after and (has_user or ":" in before):
            rest = after
        else:
            break
    return rest


def _parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    if name.lower() in HARMLESS:
        return pair
    return f"{name}={HIDDEN}" if equals else HIDDEN

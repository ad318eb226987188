"""The one reader of YAML and of overrides: values, bounds, and one line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from crosscam.base.errors import ConfigError
from crosscam.base.settings import apply_override, merged, parse_yaml, read_settings, validated

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rate: float = Field(default=1.0, gt=0)
    names: tuple[str, ...] = ()


@given(VALUES)
def test_what_yaml_writes_is_read_again(value: object) -> None:
    assert parse_yaml(yaml.safe_dump(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        "a: &a [z,z]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n",
        "[" * 5000,
        "!!python/object/apply:os.system ['true']",
        "a: [1",
        "2026-99-99",
        "\x00",
    ],
)
def test_what_is_hostile_or_broken_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_yaml(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 200


def test_a_file_is_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfrate: 2\r\n")
    assert read_settings(file) == {"rate": 2}
    file.write_text("")
    assert read_settings(file) == {}
    for content in (b"- 1", b"\xff\xfe\x00", b"x: " + b"1" * 4_000_000):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match=r"a\.yaml"):
            read_settings(file)
    with pytest.raises(ConfigError, match="No such file"):
        read_settings(tmp_path / "gone.yaml")


def test_variables_are_filled_in_where_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "hall")
    file = tmp_path / "a.yaml"
    file.write_text("root: $PLACE/x\n")
    assert read_settings(file, expand_variables=True) == {"root": "hall/x"}
    assert read_settings(file) == {"root": "$PLACE/x"}


def test_an_override_reaches_into_mappings_and_lists() -> None:
    content: dict = {"data": {"sets": [{"root": "a"}, {"root": "b"}]}}
    for text in ("data.sets.1.root=c", "data.sets.0={root: d}", "a.b.c=[1, true, x]", "rate=1e-3"):
        apply_override(content, text)
    assert content["data"]["sets"] == [{"root": "d"}, {"root": "c"}]
    assert content["a"] == {"b": {"c": [1, True, "x"]}}


@pytest.mark.parametrize("text", ["rate", "=1", "a..b=1", "sets.2=1", "sets.-1=1", "sets.x=1", "rate.x=1", "a=[1"])
def test_an_override_that_fits_nowhere_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--set|sets\.|rate\.x"):
        apply_override({"sets": [1, 2], "rate": 3}, text)


def test_another_name_brings_options_of_its_own() -> None:
    base = {"detector": {"name": "onnx", "weights": "a"}, "x": 1}
    assert merged(base, {"detector": {"min_score": 0.2}})["detector"] == {**base["detector"], "min_score": 0.2}
    assert merged(base, {"detector": {"name": "builtin"}}) == {"detector": {"name": "builtin"}, "x": 1}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rat": 1}, "here: unknown key 'rat'"),
        ({"rate": "fast"}, r"here: rate: .* got 'fast'"),
        ({"rate": -1}, r"here: rate: .* greater than 0, got -1"),
        ({"names": {str(i): [0] * 1000 for i in range(1000)}}, "here: names: .* got a dict of 1000"),
        ({"rate": "x" * 1_000_000}, "here: rate"),
        ([1], "here: configuration"),
    ],
)
def test_a_wrong_value_is_one_short_line(values: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        validated(Options, values, "here")
    assert len(str(caught.value)) < 300

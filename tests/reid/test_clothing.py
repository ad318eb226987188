from __future__ import annotations

import numpy as np
import pytest

from reid.clothing import COLOURS, clothing_colours, colour_index, name_pixels

BGR = {
    "black": (15, 12, 10),
    "white": (240, 240, 245),
    "grey": (130, 128, 132),
    "red": (40, 30, 200),
    "orange": (20, 130, 240),
    "brown": (40, 70, 110),
    "yellow": (30, 220, 240),
    "green": (50, 160, 40),
    "blue": (190, 80, 30),
    "purple": (150, 40, 110),
    "pink": (200, 150, 250),
}


def commonest(shares: np.ndarray) -> str:
    return COLOURS[int(shares.argmax())]


def person(upper: str, lower: str, background: tuple[int, int, int] = (60, 140, 60)) -> np.ndarray:
    """A 128 x 64 crop: clothes in the middle, skin above, a green background at the sides."""
    crop = np.full((128, 64, 3), background, np.uint8)
    crop[:22, 22:42] = (120, 150, 200)
    crop[22:62, 14:50] = BGR[upper]
    crop[62:110, 18:46] = BGR[lower]
    noise = np.random.default_rng(0).integers(-8, 9, crop.shape)
    return np.clip(crop + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", COLOURS)
def test_plain_pixels_get_their_name(name: str) -> None:
    assert (name_pixels(np.full((2, 3, 3), BGR[name], np.uint8)) == colour_index(name)).all()


@pytest.mark.parametrize(("upper", "lower"), [("red", "black"), ("white", "blue"), ("yellow", "brown")])
def test_clothes_before_another_background(upper: str, lower: str) -> None:
    found = clothing_colours(person(upper, lower))
    assert (commonest(found.upper), commonest(found.lower)) == (upper, lower)
    assert found.upper.sum() == pytest.approx(1, abs=1e-5)


def test_white_in_shade_is_not_grey() -> None:
    shade = (person("white", "black").astype(float) * 0.72).astype(np.uint8)
    assert commonest(clothing_colours(shade).upper) == "white"


@pytest.mark.parametrize(
    ("bgr", "name"),
    [((100, 30, 90), "purple"), ((50, 25, 80), "red"), ((190, 60, 230), "pink")],  # dark magenta, maroon, bright pink
)
def test_dark_pink_is_purple_or_red(bgr: tuple[int, int, int], name: str) -> None:
    assert COLOURS[name_pixels(np.full((1, 1, 3), bgr, np.uint8))[0, 0]] == name


def test_a_search_ranks_by_the_description() -> None:
    people = {(u, low): clothing_colours(person(u, low)) for u in ("red", "blue") for low in ("black", "grey")}
    best = max(people, key=lambda key: people[key].match(upper="red", lower="gray"))
    assert best == ("red", "grey")
    assert people[best].match() == 1.0


def test_several_crops_are_averaged() -> None:
    crops = [person("red", "black"), person("red", "black"), person("blue", "black")]
    assert commonest(clothing_colours(crops).upper) == "red"


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown colour 'mauve'; available: black"):
        clothing_colours(person("red", "black")).match(upper="mauve")
    with pytest.raises(ValueError, match="one or more BGR crops"):
        clothing_colours([])
    with pytest.raises(ValueError, match="one or more BGR crops"):
        clothing_colours([np.zeros((4, 4), np.uint8)])

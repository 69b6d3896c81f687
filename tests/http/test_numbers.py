"""Figures as officials read them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from api.language import Speech
from api.numbers import Figures, Number

ZH, EN = Figures(Speech("zh-CN")), Figures(Speech("en"))


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (1204.3, ("1,204.3 m²", "0.1204 公顷", "1.81 亩")),
        (2000 / 3, ("666.7 m²", "0.0667 公顷", "1.00 亩")),
        (388_160_000, ("388,160,000.0 m²", "38,816.00 公顷", "582,240.00 亩")),
        (3.14159, ("3.14 m²", "0.0003 公顷", "0.0047 亩")),
        (0.001, ("< 0.01 m²", "< 0.0001 公顷", "< 0.0001 亩")),
        (0, ("0.00 m²", "0 公顷", "0 亩")),
        (Decimal("12247.096"), ("12,247.1 m²", "1.22 公顷", "18.37 亩")),
        (None, ("—", "—", "—")),
    ],
)
def test_area(size: Number, told: tuple[str, str, str]) -> None:
    assert (ZH.square_metres(size), ZH.hectares(size), ZH.mu(size)) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.062, "6.2 %"),
        (0, "0.0 %"),
        (1e-9, "< 0.1 %"),
        (0.9999, "> 99.9 %"),
        (1.0, "100 %"),
        (0.9994, "99.9 %"),
        (None, "—"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_the_whole(share: Number, told: str) -> None:
    assert ZH.share(share) == told


@pytest.mark.parametrize(
    ("metres", "told"), [(12.34, "12.3 m"), (999.94, "999.9 m"), (1000, "1.00 km"), (None, "—")]
)
def test_length(metres: Number, told: str) -> None:
    assert ZH.length(metres) == told


def test_days_are_beijings() -> None:
    night_in_greenwich = datetime(2026, 3, 4, 17, 5, tzinfo=UTC)
    assert ZH.day(night_in_greenwich) == "2026-03-05（周四）"
    assert EN.moment(night_in_greenwich) == "2026-03-05 (Thu) 01:05"
    assert EN.day("2026-03-04T17:05:00+00:00") == "2026-03-05 (Thu)"
    assert EN.day(None) == "—"


def test_counts_and_values() -> None:
    assert ZH.count(12934) == "12,934"
    assert ZH.value(22.974, "degree") == "22.97°"
    assert ZH.value(0.5, "m") == "0.50 m"
    assert ZH.value(float("nan")) == "—"

"""Numbers and dates as officials read them. Knows units and digits; refuses to know what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from api.language import Speech

BEIJING = ZoneInfo("Asia/Shanghai")
MU = 2000 / 3  # m² of one 亩
Number = int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Figures:
    speech: Speech

    def count(self, value: Number) -> str:
        return "—" if value is None else f"{int(value):,}"

    def square_metres(self, value: Number) -> str:
        """m² with separators; what is there but rounds to nothing says so."""
        if value is None:
            return "—"
        size = float(value)
        if 0 < size < 0.005:
            return "< 0.01 m²"
        return f"{size:,.2f} m²" if abs(size) < 10 else f"{size:,.1f} m²"

    def hectares(self, value: Number) -> str:
        if value is None:
            return "—"
        size = float(value) / 10_000
        return f"{self._few(size)} {self.speech.say('unit.hectares')}"

    def mu(self, value: Number) -> str:
        if value is None:
            return "—"
        return f"{self._few(float(value) / MU, 2)} {self.speech.say('unit.mu')}"

    def share(self, value: Number) -> str:
        """A share between 0 and 1 in per cent; never rounds a part to nothing or to the whole."""
        if value is None:
            return "—"
        part = float(value)
        if 0 < part < 0.0005:
            return "< 0.1 %"
        if 0.9995 <= part < 1 and not math.isclose(part, 1, abs_tol=1e-9):
            return "> 99.9 %"
        return f"{part * 100:.1f} %" if part < 0.9995 else "100 %"

    def length(self, value: Number) -> str:
        if value is None:
            return "—"
        metres = float(value)
        return f"{metres:,.1f} m" if metres < 1000 else f"{metres / 1000:,.2f} km"

    def value(self, value: Number, unit: str | None = None) -> str:
        """A value of a raster, such as an elevation."""
        if value is None or not math.isfinite(float(value)):
            return "—"
        told = f"{float(value):,.2f}"
        return f"{told}°" if unit == "degree" else f"{told} {unit}" if unit else told

    def day(self, when: date | str | None) -> str:
        """The day of a moment in Beijing, or a day of the calendar as it is."""
        if when is None:
            return "—"
        local = _beijing(when)
        weekday = self.speech.say(f"weekday.{local.weekday()}")
        return self.speech.say("date", date=f"{local:%Y-%m-%d}", weekday=weekday)

    def moment(self, when: datetime | str | None) -> str:
        return "—" if when is None else f"{self.day(when)} {_beijing(when):%H:%M}"

    @staticmethod
    def _few(size: float, least: int = 2) -> str:
        if size == 0:
            return "0"
        if abs(size) < 10**-4:
            return "< 0.0001"
        digits = least if abs(size) >= 1 else 4
        return f"{size:,.{digits}f}"


def _beijing(when: date | str) -> datetime:
    told = datetime.fromisoformat(when) if isinstance(when, str) else when
    moment = told if isinstance(told, datetime) else datetime(told.year, told.month, told.day, tzinfo=BEIJING)
    return (moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).astimezone(BEIJING)

"""One stanza, taken apart: every key with its type, none left over, an error with its place.

This room knows types and places. It knows no layer: what a key means is decided by whoever takes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TypeVar, cast

from layers.strict_yaml import CatalogueError, Table, told

MAX_TEXT = 500
TO_FILL = "to_fill"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Word = TypeVar("Word", bound=str)


class Fields:
    """Takes keys out of one stanza, each with its type; a key not in ``allowed`` refuses the stanza at once.

    ``inherited`` gives the values a stanza does not say itself; an error in one of them is reported under ``defaults``.
    """

    def __init__(
        self,
        said: Mapping[str, object],
        *,
        file: str,
        stanza: str,
        allowed: Collection[str],
        inherited: Mapping[str, object] | None = None,
    ) -> None:
        self.said = said
        self.file = file
        self.stanza = stanza
        self.inherited: Mapping[str, object] = inherited or {}
        for key in said:
            if key not in allowed:
                raise self.error("unknown_key", key, "|".join(allowed), told(key))

    def _line(self, key: str) -> int | None:
        source = self.said if key in self.said or key not in self.inherited else self.inherited
        return source.lines.get(key, source.line) if isinstance(source, Table) else None

    def error(self, fault: str, key: str, expected: str, got: str) -> CatalogueError:
        stanza = "defaults" if key not in self.said and key in self.inherited else self.stanza
        return CatalogueError(
            fault, file=self.file, stanza=stanza, key=key, expected=expected, got=got, line=self._line(key)
        )

    def has(self, key: str) -> bool:
        return key in self.said or key in self.inherited

    def take(self, key: str, expected: str) -> object:
        """The value, never empty; raises missing, empty or to_fill."""
        if not self.has(key):
            raise self.error("missing", key, expected, "nothing")
        value = self.said[key] if key in self.said else self.inherited[key]
        if value is None or value == "" or value == [] or value == {}:
            raise self.error("empty", key, expected, "nothing")
        if value == TO_FILL or (isinstance(value, list) and TO_FILL in value):
            raise self.error("to_fill", key, expected, TO_FILL)
        return value

    def text(self, key: str, pattern: str | None = None) -> str:
        value = self.take(key, "text")
        if not isinstance(value, str):
            raise self.error("wrong_type", key, "text", told(value))
        if value != value.strip() or _CONTROL.search(value) or len(value) > MAX_TEXT:
            raise self.error(
                "not_allowed", key, f"one line of at most {MAX_TEXT} characters", repr(told(value))
            )
        if pattern is not None and not re.fullmatch(pattern, value):
            raise self.error("not_allowed", key, pattern, told(value))
        return value

    def text_or_none(self, key: str, pattern: str | None = None) -> str | None:
        return self.text(key, pattern) if self.has(key) else None

    def one_of(self, key: str, words: Sequence[Word], default: Word | None = None) -> Word:
        if default is not None and not self.has(key):
            return default
        value = self.take(key, "|".join(words))
        if not isinstance(value, str) or value not in words:
            raise self.error("not_allowed", key, "|".join(words), told(value))
        return cast(Word, value)

    def number(self, key: str, low: float, high: float) -> float:
        value = self.take(key, "number")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error("wrong_type", key, "number", told(value))
        if not low <= value <= high:
            raise self.error("out_of_range", key, f"{low:g}..{high:g}", told(value))
        return float(value)

    def day(self, key: str) -> date:
        text = self.text(key)
        try:
            if not _DAY.fullmatch(text):
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError:
            raise self.error("not_allowed", key, "a day as YYYY-MM-DD", told(text)) from None

    def period(self) -> tuple[date, date | None]:
        """``since``, the first day, and ``until``, where said the first day no longer."""
        since = self.day("since")
        until = self.day("until") if self.has("until") else None
        if until is not None and until <= since:
            raise self.error("out_of_range", "until", f"after {since}", str(until))
        return since, until

    def texts(self, key: str, pattern: str | None = None) -> tuple[str, ...]:
        value = self.take(key, "list of texts")
        if not isinstance(value, list | tuple):
            raise self.error("wrong_type", key, "list of texts", told(value))
        for place, item in enumerate(value):
            one = Fields({key: item}, file=self.file, stanza=self.stanza, allowed=(key,))
            try:
                one.text(key, pattern)
            except CatalogueError as error:
                told_at = f"{error.params['got']} at {place + 1}"
                raise self.error(error.params["fault"], key, error.params["expected"], told_at) from None
        if len(set(value)) != len(value):
            raise self.error("duplicate", key, "each text once", told(value))
        return tuple(value)

    def table(self, key: str) -> Mapping[str, object]:
        value = self.take(key, "table")
        if not isinstance(value, Mapping):
            raise self.error("wrong_type", key, "table", told(value))
        return value

    def tables(self, key: str) -> list[Mapping[str, object]]:
        value = self.take(key, "list of tables")
        if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
            raise self.error("wrong_type", key, "list of tables", told(value))
        return list(value)

    def known(self, key: str, register: Collection[str], where: str) -> str:
        """A text that must be a key of a register, named by ``where`` in the error."""
        value = self.text(key)
        if value not in register:
            raise self.error("unknown_reference", key, f"a key of {where}", told(value))
        return value

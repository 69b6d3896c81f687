"""Less YAML than YAML is: no anchors, no tags, no second document, no key twice, and ``010``, ``no``, ``2019-08-26`` stay text.

This room knows text, lines and scalars. It refuses what it cannot take whole and knows no key by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from layers.refusal import Refused

MAX_BYTES = 2_000_000
MAX_DEPTH = 12

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][+-][0-9]+)?")
_NOTHING = {"", "~", "null", "Null", "NULL"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogueError(Refused):
    """A catalogue file does not say what a catalogue must say.

    ``fault`` is one of: not_utf8, not_yaml, too_large, too_deep, anchor, tag, several_documents, duplicate_key, unknown_key,
    missing, empty, to_fill, wrong_type, not_allowed, no_unit, out_of_range, unknown_reference, duplicate, mismatch, overlap.
    ``at`` is the place in one word, file:stanza:key; ``line`` counts from 1 and is None where the stanza came from no file.
    """

    def __init__(
        self,
        fault: str,
        *,
        file: str,
        stanza: str,
        key: str,
        expected: str,
        got: str,
        line: int | None = None,
    ) -> None:
        at = f"{file}:{stanza}:{key}"
        place = {"file": file, "stanza": stanza, "key": key, "line": line, "at": at}
        super().__init__("catalogue", fault=fault, expected=expected, got=got, **place)


class Table(dict[str, object]):
    """A YAML mapping that remembers on which line each key stands."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def told(value: object) -> str:
    """What was met, short enough for one line of an error."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"table of {len(value)}"
    if isinstance(value, list | tuple):
        return f"list of {len(value)}"
    if isinstance(value, str):
        return value if len(value) <= 60 else value[:57] + "..."
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(data: bytes, file: str) -> Table:
    """The whole file as tables, lists and scalars; raises CatalogueError."""
    if len(data) > MAX_BYTES:
        raise _refused("too_large", file, f"at most {MAX_BYTES} bytes", f"{len(data)} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        met = f"byte 0x{data[error.start]:02x} at {error.start}"
        raise _refused("not_utf8", file, "UTF-8", met, line) from None
    tree = _Tree(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            tree.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
        raise _refused("not_yaml", file, "YAML", told(str(said)), mark.line + 1 if mark else None) from None
    if not isinstance(tree.root, Table):
        raise _refused("wrong_type", file, "table", told(tree.root))
    return tree.root


def _refused(
    fault: str, file: str, expected: str, got: str, line: int | None = None, key: str = "-"
) -> CatalogueError:
    return CatalogueError(fault, file=file, stanza="-", key=key, expected=expected, got=got, line=line)


def _scalar(event: yaml.ScalarEvent) -> object:
    # Only a bare word may be anything but text; YAML 1.1 would make 010 an eight and `no` a False. Bare is None or ''.
    text: str = event.value
    if event.style:
        return text
    if text in _NOTHING:
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


class _Tree:
    """Grows the tree from parser events with a stack of its own, so that no depth of nesting can exhaust Python's."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: object = None
        self.documents = 0
        self.open: list[Table | list[object]] = []
        self.waiting: list[str | None] = []  # per open table the key whose value comes next

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        self._guard(event, line)
        if isinstance(event, yaml.MappingStartEvent):
            self._open(Table(line), line)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open([], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()
            self.waiting.pop()
        elif isinstance(event, yaml.ScalarEvent):
            inside = self.open[-1] if self.open else None
            if isinstance(inside, Table) and self.waiting[-1] is None:
                self._key(inside, event.value, line)
            else:
                self._put(_scalar(event), line)

    def _guard(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _refused("several_documents", self.file, "one document", "a second one", line)
        if getattr(event, "anchor", None) is not None:  # an alias carries the anchor it points to
            raise _refused("anchor", self.file, "no anchors", told(getattr(event, "anchor", None)), line)
        if getattr(event, "tag", None) is not None:
            raise _refused("tag", self.file, "no tags", told(getattr(event, "tag", None)), line)

    def _key(self, table: Table, key: str, line: int) -> None:
        if not key:
            raise _refused("empty", self.file, "text as a key", "nothing", line)
        if key in table:
            both = f"lines {table.lines[key]} and {line}"
            raise _refused("duplicate_key", self.file, "each key once", both, line, told(key))
        table.lines[key] = line
        self.waiting[-1] = key

    def _open(self, value: Table | list[object], line: int) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise _refused(
                "too_deep", self.file, f"at most {MAX_DEPTH} levels", f"{len(self.open) + 1} levels", line
            )
        self._put(value, line)
        self.open.append(value)
        self.waiting.append(None)

    def _put(self, value: object, line: int) -> None:
        if not self.open:
            self.root = value
            return
        inside = self.open[-1]
        if isinstance(inside, list):
            inside.append(value)
            return
        key = self.waiting[-1]
        if key is None:
            raise _refused("wrong_type", self.file, "text as a key", told(value), line)
        inside[key] = value
        self.waiting[-1] = None

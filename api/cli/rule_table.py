"""Rules in a terminal: the whole book as a table with what it rests on, and one rule as a sheet with its drawings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.cli.answer import mark, width
from api.findings import Wording
from api.rules import as_finding
from workflows.site_check.rulebook.book import Rulebook
from workflows.site_check.rulebook.manual import Entry
from workflows.site_check.rulebook.rule import Rule


def standings(rules: Iterable[Rule]) -> dict[str, int]:
    """How many legal references behind the rules are known how, each once; ``rules_seen``: rules of which every reference was seen."""
    rules = list(rules)
    references = {(basis.law, basis.article): basis.standing for rule in rules for basis in rule.basis}
    counted = Counter(references.values())
    whole = sum(all(basis.standing == "seen" for basis in rule.basis) for rule in rules)
    return {**{standing: counted[standing] for standing in ("seen", "memory", "demo")}, "rules_seen": whole}


def told(book: Rulebook, day: date) -> dict[str, Any]:
    holding = book.on(day)
    return {
        "rulebook": book.id,
        "digest": book.digest,
        "on": day,
        "groups": [
            {"code": group.code, "name": group.name, "name_en": group.name_en} for group in book.groups
        ],
        "counts": {
            "rules": len({rule.code for rule in book.rules}),
            "versions": len(book.rules),
            "holding": len(holding),
            "effects": dict(Counter(rule.effect for rule in holding)),
            "measures": dict(Counter(rule.measure for rule in holding)),
            "laws": standings(book.rules),
        },
        "crosswalks": [walk.label for walk in book.crosswalks],
        "tables": sorted(book.tables),
        "rules": [{**rule.body, "version": rule.version} for rule in book.rules],
    }


def show(book: Rulebook, day: date, words: Wording) -> None:
    speech = words.speech
    console, holding = width(), book.on(day)
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("effect", "rule", "code", "limit", "layer", "law"):
        made.add_column(speech.say(f"cli.column_{column}"), overflow="fold")
    for group in book.groups:
        members = [rule for rule in holding if rule.group == group.code]
        name = words.speech.name({"name": group.name, "name_en": group.name_en})
        made.add_row("", f"[bold]{escape(name)}[/] {len(members)}")
        for rule in members:
            made.add_row(
                f"{mark(rule.worst)} {speech.say('effect.' + rule.worst)}",
                escape(words.speech.name({"name": rule.name, "name_en": rule.name_en})),
                escape(rule.code),
                escape(words.limit(as_finding(rule))),
                escape(rule.layer),
                _laws(rule, words),
            )
    console.print(made)
    _totals(console, book, holding, day, words)


def _laws(rule: Rule, words: Wording) -> str:
    worst = next(
        (each for each in ("demo", "memory") if any(basis.standing == each for basis in rule.basis)), "seen"
    )
    return words.speech.say(f"standing.{worst}")


def _totals(console: Console, book: Rulebook, holding: list[Rule], day: date, words: Wording) -> None:
    speech, laws = words.speech, standings(book.rules)
    console.print(
        f"[bold]{speech.say('cli.rules_total', n=len({rule.code for rule in book.rules}), versions=len(book.rules), groups=len(book.groups), holding=len(holding), day=words.figures.day(day))}[/]"
    )
    effects = Counter(rule.worst for rule in holding)
    console.print(
        words.speech.list([f"{speech.say('effect.' + effect)} {n}" for effect, n in effects.most_common()])
    )
    console.print(
        speech.say(
            "cli.rules_laws",
            seen=laws["seen"],
            memory=laws["memory"],
            demo=laws["demo"],
            n=laws["rules_seen"],
        )
    )
    console.print(
        speech.say(
            "cli.rules_book",
            id=book.id,
            digest=book.digest[:12],
            walks=len(book.crosswalks),
            tables=len(book.tables),
        ),
        style="dim",
    )


def sheet(versions: Sequence[Rule], entry: Entry | None, words: Wording) -> None:
    console, speech = width(), words.speech
    first = versions[-1]
    console.print(
        f"{mark(first.worst)} [bold]{escape(words.speech.name({'name': first.name, 'name_en': first.name_en}))}[/]  {escape(first.code)}"
    )
    for text in entry.paragraphs if entry else ():
        console.print(Padding(escape(text), (0, 0, 0, 2), expand=False))
    for rule in versions:
        console.print()
        until = words.figures.day(rule.until) if rule.until else "…"
        console.print(
            f"[bold]{escape(rule.version)}[/]  {words.figures.day(rule.since)} – {until}  {speech.say('effect.' + rule.effect)}"
        )
        rows = [f"{words.limit(as_finding(rule))} · {rule.layer} {' '.join(rule.classes)}".strip()]
        for key, codes in (("uses", rule.uses), ("excepted", rule.excepted)):
            if codes:
                rows.append(speech.say(f"cli.rule_{key}", uses=" ".join(codes)))
        rows += [
            f"{basis.title}{basis.article or ''} · {speech.say('standing.' + basis.standing)} {basis.source or ''}".strip()
            for basis in rule.basis
        ]
        rows.append(words.office(rule.department))
        rows.append(f"→ {words.do({'do': rule.do, 'do_en': rule.do_en})}")
        rows += [rule.note] if rule.note else []
        for row in rows:
            console.print(Padding(escape(row), (0, 0, 0, 2), expand=False))
    for drawing in entry.drawings if entry else ():
        console.print()
        console.print(Padding(escape(drawing), (0, 0, 0, 4), expand=False), soft_wrap=True)

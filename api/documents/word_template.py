"""Makes the Word templates that come with the product, one in each language: ``python -m api.documents.word_template``.

An office edits the file, not this room: every word in it is plain text, what is filled in stands in {{ braces }}, and what is repeated or
left out between {% signs %}.
"""

from __future__ import annotations

import io
from datetime import datetime

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, RGBColor

from api.documents.word import SHIPPED, settled
from api.documents.word_form import ACCENT, QUIET, WIDTH, Form, cell, run, whole
from api.language import LANGUAGES, Speech

# How a report's parts are asked for. ``each`` is the thing at hand in a loop.
FACT = (("{{ each.term }}", 36.0), ("{{ each.value }}", WIDTH - 36.0))
BASES = "{% for basis in each.bases %}{{ basis.text }}{% if basis.tag %}({{ basis.tag }}){% endif %}{% if not loop.last %}; {% endif %}{% endfor %}"
FINDING = (
    ("measured", "{{ each.measured }}", True),
    ("nearest", "each.nearest", False),
    ("limit", "{{ each.limit }}", True),
    ("basis", BASES, True),
    ("office", "{{ each.office }}", True),
    ("layer", "{{ each.layer }} {{ each.edition }}{% if each.since %} ({{ each.since }}){% endif %}", True),
    ("features", "each.features", False),
    ("do", "each.do", False),
    ("exception", "each.exception", False),
)
"""Of a finding: the word for it, what is asked for, and whether it always stands there."""


def template(language: str) -> bytes:
    """The template of a language, the same bytes every time."""
    form = Form(Speech(language))
    _first_page(form)
    _findings(form)
    _annex(form)
    _issue(form)
    properties = form.made.core_properties
    properties.title, properties.author = form.say("report.title"), "Hetu"
    properties.created = properties.modified = datetime(2026, 1, 1)  # noqa: DTZ001 - the format takes no zone
    written = io.BytesIO()
    form.made.save(written)
    return settled(written.getvalue())


def _first_page(form: Form) -> None:
    say = form.say
    head = form.made.add_table(rows=1, cols=2)
    head.autofit = False
    title, code = head.rows[0].cells
    title.width, code.width = Mm(WIDTH - 28), Mm(28)
    run(title.paragraphs[0], "{{ report.district }}", 11, ACCENT)
    run(title.add_paragraph(style="Title"), say("report.title"))
    run(title.add_paragraph(), f"{say('report.number')} {{{{ report.number }}}}", None, QUIET)
    code.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run(code.paragraphs[0], "{{ code }}")
    form.gap()
    form.table("report.head", FACT)
    form.lines("warnings", "! {{ each.text }}", colour=RGBColor(0x8A, 0x1B, 0x14), bold=True)
    form.lines("withheld", "{{ each }}", colour=RGBColor(0x5A, 0x4A, 0x17))
    form.line("{{ report.mark }} {{ report.lead }}", size=14, bold=True)
    form.lines("summary", "{{ each }}", size=9, colour=QUIET)
    form.lines(
        "reasons",
        "{% if each.number is not none %}{{ each.number }} {% endif %}{{ each.mark }} {{ each.text }}",
    )
    form.lines("others", "{{ each }}", size=9, colour=QUIET)
    form.sign("if report.questions")
    form.line(say("report.questions"), bold=True)
    form.lines("questions", "□ {{ each }}")
    form.sign("endif")
    form.heading("site")
    form.table("report.site", FACT)
    form.sign("if report.proposal")  # a table without a row is no table to Word
    form.table("report.proposal", FACT)
    form.sign("endif")
    form.line("{{ picture }}")
    form.line("{{ report.figures_note }}", size=8.5, colour=QUIET)


def _findings(form: Form) -> None:
    say = form.say
    form.sign("if report.judged")
    form.heading("findings")
    form.sign("if report.law_note")
    form.line("{{ report.law_note }}", size=8.5, colour=QUIET)
    form.sign("endif")
    form.sign("if not report.findings")
    form.line(say("report.findings_none"))
    form.sign("endif")
    _finding(form, "report.findings")
    form.sign("endif")
    form.sign("if report.unanswered")
    form.heading("unanswered")
    _unanswered(form, "report.unanswered")
    form.sign("endif")
    form.sign("if report.displayed")
    form.heading("displayed")
    form.line("{{ report.displayed.lead }}")
    _finding(form, "report.displayed.findings")
    form.sign("if report.displayed.unanswered")
    _unanswered(form, "report.displayed.unanswered")
    form.sign("endif")
    _editions(form, "report.displayed.editions")
    form.sign("endif")


def _unanswered(form: Form, what: str) -> None:
    name = "{% if each.number is not none %}{{ each.number }} {% endif %}{{ each.name }} " + BASES
    said = "{% for word in each.overrides %} " + form.say("report.override") + " {{ word }}{% endfor %}"
    columns = (
        (name + said, 66.0),
        ("{{ each.effect }}", 20.0),
        ("{{ each.why }}", 48.0),
        ("{{ each.office }} {{ each.layer }}", 40.0),
    )
    form.table(what, columns, [form.say(f"report.{key}") for key in ("rule", "worst", "why", "office")])


def _editions(form: Form, what: str) -> None:
    columns = (
        ("{{ each.layer }}{% if each.since %} ({{ each.since }}){% endif %}", 44.0),
        ("{{ each.seq }}", 11.0),
        ("{{ each.status }}", 15.0),
        ("{{ each.valid_from }}", 21.0),
        ("{{ each.published }}", 21.0),
        ("{{ each.source }}", 34.0),
        ("{{ each.digest }}", 28.0),
    )
    keys = (
        "report.layer",
        "layer.seq",
        "report.status",
        "report.valid_from",
        "report.published",
        "report.source",
        "report.digest",
    )
    form.table(what, columns, [form.say(key) for key in keys], size=7.5)


def _annex(form: Form) -> None:
    say = form.say
    form.sign("if report.patches")
    form.heading("patches")
    form.line("{{ report.patches_lead }}", size=8.5, colour=QUIET)
    columns: tuple[tuple[str, float], ...] = (
        ("{{ each.rule }}", 40.0),
        ("{{ each.planned }}{% if each.sliver %} ≈{% endif %}", 32.0),
        ("{{ each.area }}", 24.0),
        ("{{ each.mu }}", 20.0),
        ("{{ each.result }}{% if each.why %} {{ each.why }}{% endif %}", 26.0),
        ("{{ each.via }}", 32.0),
    )
    form.table(
        "report.patches",
        columns,
        [say(f"report.{key}") for key in ("rule", "class", "area", "mu", "result", "via")],
        size=8.5,
    )
    form.sign("endif")
    form.sign("if report.unruled")
    form.heading("unruled")
    form.line("{{ report.unruled_lead }}", size=8.5, colour=QUIET)
    columns = (
        ("{{ each.name }}", 52.0),
        ("{{ each.measured }}", 46.0),
        ("{{ each.share }}", 20.0),
        ("{{ each.count }}", 14.0),
        ("{{ each.edition }}", 42.0),
    )
    keys = ("report.layer", "report.amount", "report.share", "report.count", "layer.seq")
    form.table("report.unruled", columns, [say(key) for key in keys], size=8.5)
    form.sign("endif")
    form.sign("if report.silent")
    form.heading("silent")
    form.line(say("report.silent_lead"), size=8.5, colour=QUIET)
    form.lines(
        "silent",
        "{{ each.state }} {{ each.count }}{% if each.why %} · {{ each.why }}{% endif %} — {{ each.layers }}",
    )
    form.sign("endif")
    form.sign("if report.quiet")
    form.heading("quiet")
    form.line("{{ report.quiet_lead }}", size=8.5, colour=QUIET)
    said = "{% for word in each.overrides %} [" + say("report.override") + " {{ word }}]{% endfor %}"
    form.line(
        "{% for each in report.quiet %}{{ each.name }}"
        + said
        + "{% if not loop.last %} · {% endif %}{% endfor %}",
        size=9,
    )
    form.sign("endif")
    form.heading("editions")
    form.line("{{ report.editions_lead }}", size=8.5, colour=QUIET)
    _editions(form, "report.editions")
    form.sign("if report.rules")
    form.heading("rules")
    form.line("{{ report.rules_lead }}", size=8.5, colour=QUIET)
    columns = (("{{ each.name }}", 84.0), ("{{ each.code }}", 58.0), ("{{ each.version }}", 32.0))
    form.table(
        "report.rules", columns, [say(f"report.{key}") for key in ("name", "code", "version")], size=7.5
    )
    form.sign("endif")


def _issue(form: Form) -> None:
    say = form.say
    form.heading("issue")
    form.table("report.issue", FACT)
    form.line(say("report.issue_note"), size=8.5, colour=QUIET)
    form.lines("withheld_in_full", "{{ each }}", size=8.5, colour=QUIET)
    sign = form.made.add_table(rows=2, cols=3, style="Table Grid")
    words = (("made_by", "reviewed_by", "signed_by"), ("date", "date", "stamped"))
    for row, keys in zip(sign.rows, words, strict=True):
        row.height = Mm(16)
        whole(row)
        for box, key in zip(row.cells, keys, strict=True):
            cell(box, say(f"report.{key}"), 9, QUIET)
    form.gap()


def _finding(form: Form, what: str) -> None:
    form.sign(f"for each in {what}")
    title = "{{ each.mark }} {% if each.number is not none %}{{ each.number }} {% endif %}{{ each.name }} · {{ each.effect }}"
    form.line(title, "Heading 2")
    table = form.made.add_table(rows=0, cols=2)
    table.autofit = False
    for key, asked, always in FINDING:
        if not always:
            form.row(table, f"{{%tr if {asked} %}}", "")
        form.row(table, form.say(f"report.{key}"), asked if always else f"{{{{ {asked} }}}}")
        if not always:
            form.row(table, "{%tr endif %}", "")
    form.sign("for word in each.overrides")
    form.line(f"{form.say('report.override')} {{{{ word }}}}", bold=True)
    form.sign("endfor")
    form.sign("endfor")


if __name__ == "__main__":
    for language in LANGUAGES:
        name = "report.en.docx" if language == "en" else "report.docx"
        (SHIPPED / name).write_bytes(template(language))

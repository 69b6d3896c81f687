"""What a person says of a delivery is understood or refused, never taken for its opposite; and why something was refused is told to whom it concerns."""

from typing import Any

import pytest

from layers.refusal import Refused
from workflows.base_map.intake.deliveries import shown_to
from workflows.base_map.intake.said import understood


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "y", "on", "是", True])
def test_yes(word: Any) -> None:
    assert understood({"delta": word}).delta


@pytest.mark.parametrize("word", ["false", "0", "no", "off", "否", "", None, False])
def test_no(word: Any) -> None:
    assert not understood({"delta": word}).delta


@pytest.mark.parametrize("name", ["delta", "repair", "skip_refused", "only_check"])
@pytest.mark.parametrize("word", ["maybe", "ja", "2", ["true"]])
def test_what_is_neither_is_refused(name: str, word: Any) -> None:
    with pytest.raises(Refused, match="yes_or_no"):
        understood({name: word})


def test_why_something_was_refused_goes_to_its_sender_and_to_those_who_see_everything() -> None:
    question = {"code": "crs_question", "params": {"options": [{"centre_degrees": [114.2, 22.7]}]}}
    row = {
        "name": "a.zip",
        "handed_over_by": "li",
        "reason": question,
        "refused": [{"path": "a.csv", **question}],
    }
    assert shown_to(row, "secret", "wang") == shown_to(row, "public", "li") == row
    for sees in ("public", "internal", "restricted"):
        told = shown_to(row, sees, "wang")  # type: ignore[arg-type]
        assert "114.2" not in str(told)
        assert told["refused"] == [{"path": "a.csv", "code": "reason_withheld", "params": {"file": "a.csv"}}]

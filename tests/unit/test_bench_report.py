"""The bench's figures: percentiles, processor time, ratios on the same sites, targets."""

from __future__ import annotations

import os
import time

import pytest

from bench import reference, report, stopwatch
from bench.turns import Taken


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(each) for each in range(1, 151)]
    assert stopwatch.percentile(values, 0.95) == 143.0  # 142.5 of 150 do not exceed it
    assert stopwatch.percentile([7.0], 0.95) == 7.0
    assert stopwatch.spread([0.1, 0.2, 0.3])["p50_ms"] == 200.0


def test_processor_time_counts_work_and_not_waiting() -> None:
    before = stopwatch.cpu_seconds([os.getpid()])
    time.sleep(0.05)
    waited = stopwatch.cpu_seconds([os.getpid()])
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    worked = stopwatch.cpu_seconds([os.getpid()])
    assert before is not None
    assert waited is not None
    assert worked is not None
    assert worked - waited >= 0.03
    assert waited - before < worked - waited


def test_a_process_that_is_gone_has_no_processor_time() -> None:
    assert stopwatch.cpu_seconds([os.getpid(), 2**22 + 1]) is None


OURS = Taken({0: 0.1, 1: 0.2, 2: 0.4}, {0: 0.1, 1: 0.1, 2: 0.1}, {0: [(1, 5.0)], 1: [], 2: []})
LOOP = Taken({0: 12.0, 2: 20.0}, {}, {0: [(1, 5.0)], 2: []})
EXPECTED = reference.gathered({0: [(1, 5.0)]})


def test_ratios_are_taken_on_the_same_sites() -> None:
    found = report.ratio(LOOP, OURS)
    assert (found["sites"], found["min"], found["max"], found["median"]) == (2, 50.0, 120.0, 85.0)
    assert found["of_medians"] == pytest.approx(16.0 / 0.25)
    assert "cpu_of_medians" not in found, "the loop's was not told"


def test_a_report_says_what_is_reached() -> None:
    told = report.report("us", {"us": OURS, "loop": LOOP}, {"loop": OURS}, EXPECTED, "loop")
    assert told["agree"]
    assert told["pairs"] == 1
    assert told["targets"]["p95_ms"] == {"limit": 800.0, "value": 400.0, "reached": True}
    assert told["targets"]["loop_ratio"]["reached"]


def test_one_wrong_answer_of_any_way_is_told() -> None:
    wrong = Taken(LOOP.wall, {}, {0: [(1, 6.0)], 2: []})
    told = report.report("us", {"us": OURS, "loop": wrong}, {"loop": OURS}, EXPECTED, "loop")
    assert not told["agree"]
    assert told["ways"]["us"]["agree"]
    assert told["ways"]["loop"]["off"] == 1


def test_what_was_not_measured_is_not_reached() -> None:
    told = report.report("us", {"us": OURS}, {}, EXPECTED, "loop")
    assert told["targets"]["loop_ratio"] == {"limit": 50.0, "value": None, "reached": None}
    assert report.targets(800.1, 49.9)["p95_ms"]["reached"] is False
    assert report.targets(800.1, 49.9)["loop_ratio"]["reached"] is False

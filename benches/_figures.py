"""What a bench prints: one JSON line a figure, measured beside its reference in the same run; and the arguments all share."""

import argparse
import json
import os
import pathlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Aim:
    """What a figure should reach: a bound on the figure itself, or on its ratio to the reference."""

    bound: float
    of: Literal["figure", "ratio"] = "figure"

    def met(self, better: Better, figure: float, ratio: float | None) -> bool:
        """Say whether the bound is kept; a ratio without a reference keeps nothing."""
        reached = figure if self.of == "figure" else ratio
        if reached is None:
            return False
        return reached <= self.bound if better == "lower" else reached >= self.bound

    def text(self, better: Better) -> str:
        """Write the aim as it is printed: ``ratio <= 3``."""
        return f"{self.of} {'<=' if better == 'lower' else '>='} {self.bound:g}"


@dataclass
class Bench:
    """One run of one bench; ``json`` also appends its lines to a file."""

    name: str
    rows: int
    json: pathlib.Path | None = None
    chosen: dict[str, str] = field(default_factory=dict)
    figures: list[dict[str, Any]] = field(default_factory=list)

    def tell(
        self,
        name: str,
        figure: float,
        unit: str,
        *,
        reference: float | None,
        reference_name: str,
        aim: Aim,
        better: Better,
    ) -> None:
        """Print one figure as a line of JSON; ``ratio`` is the figure divided by the reference."""
        ratio = figure / reference if reference else None
        line = {
            "bench": self.name,
            "name": name,
            "figure": _rounded(figure),
            "unit": unit,
            "reference": _rounded(reference),
            "reference_name": reference_name,
            "ratio": _rounded(ratio),
            "aim": aim.text(better),
            "better": better,
            "met": aim.met(better, figure, ratio),
        }
        self.figures.append(line)
        text = json.dumps(line, ensure_ascii=False)
        print(text, flush=True)
        if self.json:
            with self.json.open("a") as out:
                out.write(text + "\n")

    def note(self, text: str) -> None:
        """Say on the error stream what a reader of the figures should know."""
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)


def open_bench(name: str, *, rows: int, meaning: str, choices: Mapping[str, Sequence[str]] | None = None) -> Bench:
    """Read the arguments every bench takes, and note how busy the machine is: a figure means little without it.

    `choices` are arguments of this bench alone: the first is meant when nothing is said; a single one leaves it free.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benches.{name}")
    parser.add_argument("--rows", type=int, default=rows, help=f"{meaning} (default {rows})")
    parser.add_argument("--json", type=pathlib.Path, help="also append the lines to this file")
    choices = choices or {}
    for choice, words in choices.items():
        parser.add_argument(f"--{choice}", default=words[0], choices=words if len(words) > 1 else None)
    asked = parser.parse_args()
    bench = Bench(name, max(1, asked.rows), asked.json, {choice: getattr(asked, choice) for choice in choices})
    loads = " ".join(f"{load:.1f}" for load in os.getloadavg())
    bench.note(f"{bench.rows} {meaning}; {os.cpu_count()} CPUs, load before the run {loads}")
    return bench


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Run something once; returns its seconds and its answer."""
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


def share(values: Sequence[float], part: float) -> float:
    """Name the value that this part of all values does not exceed: 0.5 the median, 0.99 the p99."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * part))]


def forget_peak() -> None:
    """Begin to count memory anew from what the process holds now (Linux)."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Say how much memory this process has held at most since the count began (Linux)."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")

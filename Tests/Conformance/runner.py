# SPDX-License-Identifier: Apache-2.0
"""Registry of cases, command line, parallel runs, printing and recording."""
import argparse
import concurrent.futures
import importlib
import json
import os
import shutil
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import Bench, Skip
from node import ADAPTERS, Adapter

PASS, FAIL, SKIP = "PASS", "FAIL", "SKIP"


@dataclass(frozen=True)
class Case:
    """One registered test. `quirk`: shows a defect of the original. `long`: takes minutes, runs with --long.
    `needs`: skipped until the program's `run --help` mentions it."""
    name: str
    function: Callable[[Bench], str]
    quirk: bool
    long: bool
    needs: str

    @property
    def summary(self) -> str:
        return self.function.__doc__ or ""


CASES: dict[str, Case] = {}


def test(quirk: bool = False, long: bool = False, needs: str = "") -> Callable:
    """Registers a function as a case under its own name."""
    def add(function: Callable[[Bench], str]) -> Callable[[Bench], str]:
        name = function.__name__
        if name in CASES:
            raise ValueError(f"two cases are called {name}")
        CASES[name] = Case(name, function, quirk, long, needs)
        return function
    return add


def load(folder: Path, pattern: str = "cases_*.py") -> list[Case]:
    """Imports the case files of a folder; returns the cases that they registered."""
    known = set(CASES)
    for path in sorted(folder.glob(pattern)):
        importlib.import_module(path.stem)
    return [case for name, case in CASES.items() if name not in known]


# ---- command line ----

def arguments(description: str) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--target", choices=sorted(ADAPTERS), default="hypha")
    options.add_argument("--jobs", type=int, default=6, metavar="N", help="cases at a time (default 6)")
    options.add_argument("--long", action="store_true", help="also cases of several minutes")
    options.add_argument("--strict", action="store_true",
                         help="judge the original like any other target: its quirks fail")
    options.add_argument("--record", metavar="FILE", help="write the packets seen as test vectors")
    options.add_argument("--no-skips", action="store_true",
                         help="fail a case that skips for another reason than what `run --help` offers")
    options.add_argument("--list", action="store_true", help="name the cases and end")
    options.add_argument("cases", nargs="*", metavar="CASE", help="only these")
    return options


def main(options: argparse.ArgumentParser, choice: argparse.Namespace, cases: Iterable[Case]) -> int:
    """Runs the chosen ones of `cases`; returns the exit status."""
    cases = list(cases)
    if choice.list:
        return show_list(cases)
    unknown = sorted(set(choice.cases) - {case.name for case in cases})
    if unknown:
        options.error(f"no such case: {' '.join(unknown)}")
    adapter = ADAPTERS[choice.target]()
    problem = missing(adapter)
    if problem:
        options.error(problem)
    results = run([case for case in cases if chosen(case, choice)], adapter, choice.jobs, choice.strict, choice.no_skips)
    if choice.record:
        write_record(choice.record, adapter.name)
    print(f"{results.count(PASS)} passed, {results.count(FAIL)} failed, {results.count(SKIP)} skipped")
    return 1 if FAIL in results else 0


def chosen(case: Case, choice: argparse.Namespace) -> bool:
    if choice.cases:
        return case.name in choice.cases
    return choice.long or not case.long


def missing(adapter: Adapter) -> str | None:
    """What keeps the suite from running here."""
    if os.geteuid() != 0:
        return "needs root: it makes network namespaces and TUN interfaces"
    if not shutil.which("ip"):
        return "needs the program `ip` (iproute2)"
    if not shutil.which(adapter.program):
        return f"program {adapter.program!r} not found; set {adapter.variable} to its path"
    return None


def show_list(cases: Iterable[Case]) -> int:
    for case in cases:
        print(f"{case.name:32}{'quirk ' if case.quirk else '      '}{case.summary}")
    return 0


# ---- running ----

def run(cases: list[Case], adapter: Adapter, jobs: int, strict: bool, no_skips: bool = False) -> list[str]:
    """Results in the order of the cases; each is printed as it ends."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            return list(pool.map(lambda case: run_one(case, adapter, strict, no_skips), cases))
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def run_one(case: Case, adapter: Adapter, strict: bool, no_skips: bool) -> str:
    bench, started = Bench(adapter, strict), time.monotonic()
    offered = adapter.offers(case.needs)
    try:
        if not offered:
            raise Skip(f"`run --help` does not mention {case.needs}")
        result, detail = PASS, case.function(bench) or ""
    except Skip as reason:
        result, detail = FAIL if offered and no_skips else SKIP, str(reason)
    except AssertionError as reason:
        result, detail = FAIL, str(reason)
    except Exception as reason:
        result, detail = FAIL, f"{type(reason).__name__}: {reason} ({place(reason)})"
    finally:
        bench.close()
    mark = " [quirk]" if case.quirk else ""
    print(f"{result} {case.name}{mark} - {detail} ({time.monotonic() - started:.1f} s)", flush=True)
    return result


def place(error: Exception) -> str:
    """File and line where an error arose."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(where.filename)}:{where.lineno}"


# ---- recording ----

META = {
    "subject": "Mycelium overlay router wire protocol, v0.7.10",
    "capture": "taken from running nodes by the conformance suite; random parts (router id tails, nonces,"
               " message ids) differ from run to run",
    "keys": "ids A to G and R are the key files of mycelium-protocol.md section 10.1; node A is the program recorded",
    "conventions": "lowercase hex; `hex` is the whole framed packet (or datagram); `key` is the AES-256-GCM key,"
                   " the body's last 12 bytes are the nonce, AAD empty; `plain` starts with the 4-byte user header",
}


def write_record(path: str, program: str) -> None:
    meta = {**META, "program": program}
    with open(path, "w") as file:
        json.dump({"meta": meta, "packets": list(Bench.vectors.values())}, file, indent=1)
        file.write("\n")

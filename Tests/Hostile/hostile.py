#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One hostile neighbour at a time: what the others notice. README.md says what is measured.

usage: HYPHA=program hostile.py [CASE...]       hostile.py --list
Needs root and the packages of Tests/Conformance/requirements.txt. Run it in Tools/sandbox.sh.
"""
import os
import sys
import time

sys.dont_write_bytecode = True

from scene import Scene  # noqa: E402
from cases import CASES  # noqa: E402


def run(name: str) -> bool:
    began, scene = time.monotonic(), None
    try:
        scene = Scene()
        detail, word = CASES[name](scene), "PASS"
    except Exception as error:
        detail, word = f"{type(error).__name__}: {error}", "FAIL"
    finally:
        if scene:
            scene.close()
    print(f"{word} {name} - {detail} ({time.monotonic() - began:.1f} s)", flush=True)
    return word == "PASS"


def main() -> int:
    names = sys.argv[1:]
    if names == ["--list"]:
        for name, function in CASES.items():
            print(f"{name:22}{function.__doc__}")
        return 0
    unknown = sorted(set(names) - set(CASES))
    if unknown or os.geteuid() != 0:
        print(f"no such case: {' '.join(unknown)}" if unknown else "needs root: it makes network namespaces", file=sys.stderr)
        return 2
    results = [run(name) for name in names or CASES]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

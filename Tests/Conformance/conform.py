#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Conformance suite: plays Mycelium peers against a router under test, inside network namespaces.

environment: HYPHA or MYCELIUM = program under test; CONFORM_KEEP=1 keeps the nodes' folders with their logs.
Needs root (namespaces, TUN). README.md says more.
"""
import sys

sys.dont_write_bytecode = True

from pathlib import Path

import runner


def main() -> int:
    cases = runner.load(Path(__file__).resolve().parent)
    options = runner.arguments(__doc__)
    return runner.main(options, options.parse_args(), cases)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bars of the figures that duel.py wrote, as an SVG picture: one panel a figure, one bar a system, a whisker from the least round to the greatest.

usage: plot.py FILE.json >FILE.svg
"""
import json
import sys
from xml.sax.saxutils import escape

PANELS = (
    ("tcp1", "gbit_s", "one TCP stream, Gbit/s"), ("tcp4", "gbit_s", "four TCP streams, Gbit/s"), ("tcp1", "cpu_s_per_gb", "processor s/GB, all routers"),
    ("udp", "gbit_s", "UDP received, Gbit/s"), ("small", "packets_s", "64-byte packets/s"), ("small", "cpu_us_per_packet", "processor µs a 64-byte packet"),
    ("idle", "us", "round trip idle, µs"), ("load", "us", "round trip under load, µs"), ("memory", "peak_mib", "peak memory, MiB"),
)
COLUMNS, WIDTH, NAMES, BAR, TITLE, GAP = 3, 400, 150, 16, 24, 18


def colour(name: str) -> str:
    return "#2a7f62" if name.startswith("hypha") else "#8a8f98" if name.startswith(("yardstick", "bare", "relay")) else "#c77d3a"


def panel(record: dict, phase: str, key: str, title: str) -> tuple[list[str], int]:
    """Lines of SVG with their origin at the panel's corner, and its height; no lines when nobody has the figure."""
    rows = [(name, system[phase][key]) for name, system in record["systems"].items() if system.get(phase, {}).get(key)]
    if not rows:
        return [], 0
    most = max(row.get("greatest", row["median"]) for _, row in rows) or 1
    scale = (WIDTH - NAMES - 60) / most
    lines = [f'<text x="0" y="14" class="t">{escape(title)}</text>']
    for number, (name, row) in enumerate(rows):
        top = TITLE + number * BAR
        end = NAMES + row["median"] * scale
        lines.append(f'<text x="{NAMES - 6}" y="{top + 11}" text-anchor="end">{escape(name)}</text>')
        lines.append(f'<rect x="{NAMES}" y="{top + 2}" width="{max(end - NAMES, 1):.1f}" height="{BAR - 5}" fill="{colour(name)}"/>')
        right = end
        if "least" in row:
            left, right = NAMES + row["least"] * scale, NAMES + row["greatest"] * scale
            lines.append(f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{top + 7.5}" y2="{top + 7.5}" stroke="#222"/>')
        median = row["median"]
        label = f"{median:,.0f}" if median >= 100 else f"{median:.3g}"
        lines.append(f'<text x="{max(right, end) + 4:.1f}" y="{top + 11}">{label}</text>')
    return lines, TITLE + len(rows) * BAR


def plot(record: dict) -> str:
    panels = [made for made in (panel(record, *what) for what in PANELS) if made[1]]
    body, top = [], GAP
    for start in range(0, len(panels), COLUMNS):
        row = panels[start:start + COLUMNS]
        for column, (lines, _) in enumerate(row):
            body += [f'<g transform="translate({GAP + column * (WIDTH + GAP)},{top})">', *lines, "</g>"]
        top += max(height for _, height in row) + GAP
    width = GAP + COLUMNS * (WIDTH + GAP)
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}">',
                      "<style>text{font:11px sans-serif;fill:#222}.t{font-weight:bold;font-size:12px}</style>",
                      f'<rect width="{width}" height="{top}" fill="#fff"/>', *body, "</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1]) as source:
        sys.stdout.write(plot(json.load(source)))

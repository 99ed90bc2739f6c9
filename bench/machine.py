"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor, cores, system, Python and load, in one line."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    system, python = platform.platform(), platform.python_version()
    return f"{_processor()}, {os.cpu_count()} cores, {system}, Python {python}, load {load}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()

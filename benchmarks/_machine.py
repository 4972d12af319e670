"""What the figures were measured on."""

import os
import platform
from pathlib import Path


def describe(*, load: bool = True) -> str:
    """The processor, the cores, Python and the load, in one line."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = (line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        model = next((value.strip() for key, value in lines if "model name" in key), model)
    busy = f", load {os.getloadavg()[0]:.1f}" if load and hasattr(os, "getloadavg") else ""
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}{busy}"
    )

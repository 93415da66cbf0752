"""The machine that a figure was measured on, in words. Nothing is measured here."""

import os
import platform
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    """Processor, memory, software, and the priority that this process runs at."""
    import torch

    description = {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "software": f"Python {platform.python_version()}, PyTorch {torch.__version__}",
        "niceness": os.nice(0),
    }
    if torch.cuda.is_available():
        description["graphics card"] = torch.cuda.get_device_name()
    return description


def load() -> float:
    """Processes that wanted a core in the last minute, on average, those of the benchmark among them."""
    return round(os.getloadavg()[0], 2)


def limit(threads: int) -> None:
    """Keep this process, and all that it starts from now on, on so many cores, with a thread for each."""
    import torch

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    torch.set_num_threads(threads)


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")

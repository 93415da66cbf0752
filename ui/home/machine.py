"""What this machine is: processor, graphics cards, memory, disk. Read from the system; no page is drawn here."""

import csv
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
CPUINFO = Path("/proc/cpuinfo")
CGROUP = Path("/sys/fs/cgroup")  # of a container with limits (cgroup v2)
NVIDIA_SMI_SECONDS = 5.0
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Memory:
    """Memory in bytes; `free` is what programs can still have, None where the system does not say."""

    total: float
    free: float | None


@dataclass(frozen=True)
class GraphicsCard:
    """A graphics card as its driver names it."""

    name: str
    memory: Memory | None  # None: it has none of its own


@cache
def processor() -> str:
    """The processor's name, as exactly as the system tells it."""
    if CPUINFO.exists():
        for line in CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def num_threads() -> int:
    """Processor threads that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory(*, meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> Memory | None:
    """Memory of the machine, or of the container where that is less; None where the system does not say."""
    if meminfo.exists():
        words = [line.split() for line in meminfo.read_text().splitlines()]
        kibibytes = {word[0].rstrip(":"): int(word[1]) for word in words}
        found = Memory(kibibytes["MemTotal"] * 1024, kibibytes["MemAvailable"] * 1024)
    elif hasattr(os, "sysconf"):
        found = Memory(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), None)
    else:
        return None
    limit = cgroup / "memory.max"
    if not limit.exists() or limit.read_text().strip() == "max" or found.free is None:
        return found
    total = min(int(limit.read_text()), found.total)
    return Memory(total, min(total - int((cgroup / "memory.current").read_text()), found.free))


def graphics_cards() -> list[GraphicsCard]:
    """The NVIDIA cards of this machine, asked of their driver: PyTorch would take graphics memory to find out."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=NVIDIA_SMI_SECONDS, check=True)
    except (subprocess.SubprocessError, OSError):  # installed, but no card or no driver answers
        return []
    return parse_cards(answer.stdout)


def parse_cards(answer: str) -> list[GraphicsCard]:
    """Cards of an answer of `nvidia-smi` in CSV: name, total and free memory in MiB ("[N/A]" where it is shared)."""
    cards = []
    for name, *amounts in csv.reader(answer.splitlines(), skipinitialspace=True):
        shared = not all(amount.isdigit() for amount in amounts)
        cards.append(GraphicsCard(name, None if shared else Memory(*(int(amount) * MEBIBYTE for amount in amounts))))
    return cards


def free_disk(folder: Path) -> int:
    """Bytes that can still be written to the disk of a folder, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free

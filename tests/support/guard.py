"""A guard over a studio and all that it starts: whom it speaks to, and which files it leaves where.

What Python does is seen by an audit hook (`tests/support/audit.py`), what native code leaves by a home folder that must
stay empty, and everything by strace where it is installed and may watch. What guards must be seen to look:
`watches`, `opened` and `traced`.
"""

import json
import os
import re
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,execve"
LOCAL = re.compile(r'inet_addr\("(127\.|0\.0\.0\.0)|inet_pton\(AF_INET6, "::1?"')


class Guard:
    """A person's home folder, a folder for temporary files, and what processes do that are started with both."""

    def __init__(self, folder: Path) -> None:
        self.person, self.temporary, self.home = (folder / name for name in ("person", "temporary", "studio"))
        self.hook, self.log, self.trace = folder / "hook", self.temporary / "audit.log", folder / "trace"
        for each in (self.person, self.temporary, self.home, self.hook):
            each.mkdir()
        self.folders = [str(self.temporary), str(self.home)]
        shutil.copyfile(ROOT / "tests" / "support" / "audit.py", self.hook / "sitecustomize.py")
        (self.hook / "audit.json").write_text(json.dumps({"folders": self.folders, "log": str(self.log)}))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.person),
            "TMPDIR": str(self.temporary),
            "GLASSBOX_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(self.hook), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",  # Python's own, beside the code
        }

    @cached_property
    def strace(self) -> str | None:
        """The program; None where it is not installed, or where watching others is not allowed."""
        path = shutil.which("strace")
        tried = path and subprocess.run([path, "-f", "--seccomp-bpf", "-o", os.devnull, "true"], capture_output=True)
        return path if tried and tried.returncode == 0 else None

    def prefix(self) -> list[str]:
        """What a command is started by."""
        if self.strace is None:
            return []
        return [self.strace, "-ff", "-qq", "-y", "--seccomp-bpf", "-o", str(self.trace), "-e", f"trace={CALLS}", "--"]

    def found(self) -> list[str]:
        """Everything that was told or left, in words; empty when all is well."""
        seen = [f"left in the home folder: {path}" for path in self.person.rglob("*")]
        seen += [f"{line['event']} {line['what']}\n{line['stack']}" for line in self._audited() if line["wrong"]]
        return seen + [call for trace in self._traces() for call in trace.splitlines() if self._is_wrong(call)]

    def watches(self, module: str) -> bool:
        """Whether the hook is in each `python -m module` that strace saw at work, and in one at least."""
        hooked = sum(line["event"] == "start" and f" -m {module} " in f"{line['what']} " for line in self._audited())
        return 0 < hooked >= sum(f'"{ROOT}/core/' in trace for trace in self._traces_of(module))

    def opened(self, module: str, path: Path) -> bool:
        """Whether each guard that is here saw a `python -m module` open something at or below this path, to write."""
        lines = [line for line in self._audited() if f" -m {module} " in f"{line['what']} "]
        pids = {line["pid"] for line in lines if line["event"] == "start"}
        hooked = any(line["pid"] in pids and line["what"].startswith(str(path)) for line in self._audited())
        return hooked and self.traced(module, path, flags="O_WRONLY|O_RDWR")

    def traced(self, module: str, path: Path, *, flags: str = "") -> bool:
        """Whether strace, where it is here, saw a `python -m module` open something there with one of the flags."""
        call = re.compile(rf'^open[^"]*"{re.escape(str(path))}[^"]*", [^)]*({flags}).* = \d+<', re.MULTILINE)
        return self.strace is None or any(call.search(trace) for trace in self._traces_of(module))

    def _audited(self) -> list[Any]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def _traces(self) -> list[str]:
        """What strace wrote of each thread."""
        found = self.trace.parent.glob(f"{self.trace.name}.*")
        return [path.read_text(errors="replace") for path in found]

    def _traces_of(self, module: str) -> list[str]:
        """Of the first thread of each `python -m module`."""
        begun = re.compile(rf'^execve\(.*"-m", "{re.escape(module)}".* = 0$', re.MULTILINE)
        return [trace for trace in self._traces() if begun.search(trace)]

    def _is_wrong(self, call: str) -> bool:
        """Whether a line of strace tells of a connection to elsewhere, a look-up, or of a file where none may be."""
        name, _, rest = call.partition("(")
        if name in ("connect", "sendto", "sendmsg", "sendmmsg"):
            return "sa_family=AF_INET" in rest and (LOCAL.search(rest) is None or "htons(53)" in rest)
        if " = -1 " in rest or (name.startswith("open") and not re.search("O_WRONLY|O_RDWR|O_CREAT", rest)):
            return False
        if not name.startswith(("open", "creat", "mkdir", "rename")):
            return False
        opened = re.search(r"= \d+<([^>]*)>$", rest)
        paths = [opened[1]] if opened else re.findall(r'"(/[^"]*)"', rest)
        return any(not path.startswith(("/dev/", "/proc/", "/memfd:", *self.folders)) for path in paths)

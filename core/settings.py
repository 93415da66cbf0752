"""What the environment says: where things are kept, who may frame the studio. Read once per call.

Every setting is listed in docs/settings.md.
"""

import os
import re
from pathlib import Path

from platformdirs import user_data_path

from core.errors import InvalidSettingError


def home() -> Path:
    """Folder of everything Glassbox writes: run store, checkpoints, downloaded data.

    `GLASSBOX_HOME` overrides the default, `glassbox` in the user's data directory. The folder may not exist yet.
    """
    given = os.environ.get("GLASSBOX_HOME")
    return Path(given).expanduser().resolve() if given else user_data_path("glassbox")


def data_folder() -> Path:
    """Folder of data sets in their canonical layout (`MNIST/raw/*.gz`).

    `GLASSBOX_DATA` overrides the default, `data` inside `home()`. The folder may not exist yet.
    """
    given = os.environ.get("GLASSBOX_DATA")
    return Path(given).expanduser().resolve() if given else home() / "data"


def logs() -> Path:
    """Folder of what workers on this machine print, `logs` inside `home()`. The folder may not exist yet."""
    return home() / "logs"


def frame_parents() -> list[str]:
    """Addresses of the pages that may show the studio inside them, such as "https://moodle.example".

    `GLASSBOX_FRAME_PARENTS` names them, separated by spaces or commas. By default there are none.

    Raises:
        InvalidSettingError: one is not the address of a site.
    """
    given = re.split(r"[\s,]+", os.environ.get("GLASSBOX_FRAME_PARENTS", "").strip())
    parents = [parent.rstrip("/") for parent in given if parent]
    for parent in parents:
        if not re.fullmatch(r"https?://(\*\.)?[\w.-]+(:\d+)?", parent, re.ASCII):
            raise InvalidSettingError(
                f"GLASSBOX_FRAME_PARENTS names “{parent[:80]}”; it must be the address of a site without a path, such "
                "as https://moodle.example."
            )
    return parents

"""Where things are kept, read from the environment once per call. Every setting is listed in docs/settings.md."""

import os
from pathlib import Path

from platformdirs import user_data_path


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

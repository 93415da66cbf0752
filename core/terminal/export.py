"""`export`: a trained network as a file: its weights, ONNX, or a zip with everything."""

from __future__ import annotations

from pathlib import Path

from core import demos, kept
from core.errors import InvalidSettingError
from core.runs.store import open_store
from core.terminal import models, output


def run(demo: str, *, model: str, form: str, out: str) -> int:
    """Write the file and print one JSON line, with the parity of ONNX where it was measured; returns 0.

    Args:
        model: "release", a release model by its name, or a run's id.
        form: a key of `core.runs.export.KINDS`.

    Raises:
        NotFoundError: there is no such run.
        InvalidSettingError: the demo has no such file, `out` is a folder, the run is of another demo or has saved
            nothing yet.
        DataUnavailableError: a bundle's parity is measured on data that is not here, or the release model needs it.
        StorageError: it cannot be written there.
    """
    from core.runs import export  # with PyTorch

    found = demos.find(demo)
    if form not in (offered := export.kinds(found)):
        raise InvalidSettingError(f"{found.title} has no “{form}”; --format is one of: {', '.join(offered)}.")
    if Path(out).is_dir():
        raise InvalidSettingError(f"--out is “{out}”, a folder. Give the name of a file.")
    name = next(iter(found.releases)) if model == models.RELEASE else model
    if name in found.releases:
        source = export.of_release(found, name)
    else:
        store = open_store()
        models.check_demo(found, store.book.get(name))
        source = export.of_run(store.book, store.files, name)
    compared = export.proof(source) if form == "bundle" else None
    content = export.content(source, form, compared)
    kept.write(Path(out), content)
    line = {"demo": demo, "model": name, "format": form, "out": out, "bytes": len(content)}
    if compared is not None:
        line |= {"largest_difference": compared.difference, "compared_on": compared.examples}
    output.answer(line)
    return 0

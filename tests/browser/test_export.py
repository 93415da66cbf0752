"""Take it along in a browser: the files of a finished run arrive and work."""

import re
import zipfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from core.data.pictures import sources
from core.export import open_onnx, run_onnx
from tests.browser.conftest import ROOT, Studio
from tests.support.visits import download, start


def test_the_downloaded_onnx_file_reads_digits_and_the_zip_is_whole(page: Page, studio: Studio, tmp_path: Path) -> None:
    run_id = start(page, network="plain", epochs=1, share=50, augmentation="none")
    expect(page.get_by_text(re.compile("Largest difference to PyTorch on 100 MNIST test images"))).to_be_visible(
        timeout=90_000
    )
    model = download(page, "The network (ONNX)", tmp_path)
    assert model.name == f"digits-{run_id}.onnx"
    images, labels = sources.held_out_digits()
    answers = run_onnx(open_onnx(model.read_bytes()), images.astype(np.float32)[:, None] / 255).argmax(1)
    accuracy = 100 * float((answers == labels).mean())
    expect(
        page.get_by_role("heading", name=re.compile(rf"^{accuracy:.1f} % of the 1,000 MNIST test images"))
    ).to_be_visible()
    assert zipfile.ZipFile(download(page, "Everything (zip)", tmp_path)).testzip() is None
    assert download(page, "The weights (safetensors)", tmp_path).stat().st_size > 100_000
    assert f"{ROOT}/ui/" not in studio.log.read_text()  # in a traceback; the server has some of its own

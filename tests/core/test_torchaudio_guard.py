"""torchaudio imports in any environment once core is imported, and says so where its extension is needed."""

import subprocess
import sys

import torch

from core import torchaudio_guard


def test_torchaudio_imports_after_core_and_its_transforms_work() -> None:
    program = (
        "import core, torch, torchaudio\n"
        "mel = torchaudio.transforms.MelSpectrogram(16000, n_fft=512, n_mels=40)\n"
        "print(tuple(mel(torch.zeros(1, 16000)).shape))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=170)
    assert done.stdout.strip() == "(1, 40, 63)", done.stderr


def test_what_needs_the_extension_works_or_says_that_it_is_missing() -> None:
    import torchaudio

    emission = torch.tensor([[[0.9, 0.1], [0.1, 0.9]]]).log()
    try:
        path, _ = torchaudio.functional.forced_align(emission, torch.ones(1, 1, dtype=torch.int32))
    except RuntimeError as error:
        assert "extension" in str(error)
    else:
        assert path.shape == (1, 2)


def test_the_guard_is_installed_once_and_finds_nothing_else() -> None:
    torchaudio_guard.install()
    (guard,) = [finder for finder in sys.meta_path if isinstance(finder, torchaudio_guard._Finder)]
    assert guard.find_spec("torchaudio", None) is None
    assert guard.find_spec("json", None) is None

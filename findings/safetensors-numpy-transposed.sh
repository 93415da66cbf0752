#!/usr/bin/env bash
# safetensors.numpy saves a transposed array with its numbers in another order, and says nothing.
#
# Why it surprises: a transposed or Fortran-ordered array is an ordinary numpy array of the right shape, and np.save,
# tobytes() and tolist() all give its numbers in the order of its indices. safetensors writes the memory behind it under
# the shape of the view. safetensors.torch raises a ValueError for the same tensor ("you are trying to save a
# non contiguous tensor"); the numpy side only says in its docstring that tensors "need to be contiguous". Weights that
# are stored transposed, as between Keras or TensorFlow kernels and PyTorch's Linear, go wrong without a word: the
# shapes fit, the file is valid, and the network answers nonsense.
#
# What helps: np.ascontiguousarray before save.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load, save

print("safetensors", safetensors.__version__, "numpy", np.__version__)
kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
changed = []
for name, array in (
    ("as it is", kernel),
    ("transposed", kernel.T),
    ("Fortran order", np.asfortranarray(kernel)),
    ("transposed, made contiguous", np.ascontiguousarray(kernel.T)),
):
    read = load(save({"weight": array}))["weight"]
    same = np.array_equal(array, read)
    print(f"{name}: saved {array.tolist()}, read {read.tolist()}: {'the same' if same else 'CHANGED'}")
    if not same:
        changed.append(name)
sys.exit(changed != ["transposed", "Fortran order"])
PYTHON

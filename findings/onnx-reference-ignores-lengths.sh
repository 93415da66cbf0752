#!/usr/bin/env bash
# The reference implementation of ONNX takes the lengths of the sequences of a GRU, LSTM or RNN, and does not use them.
#
# Why it surprises: `sequence_lens` is an input of these operators in the standard since its first version, the model
# passes the checker, and onnx.reference is what one compares a runtime with. Padded sequences give other states there,
# also the last state Y_h, from which a classifier of texts or sounds answers. No warning. onnxruntime follows the
# standard, so that a test "runtime against reference" blames the one that is right.
#
# What helps: compare with each sequence alone, cut to its length, as is done below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6
ORT_DISABLE_TELEMETRY=1 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

STEPS, BATCH, INPUTS, HIDDEN = 5, 2, 3, 2
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def model(operator, with_lengths):
    rng = np.random.default_rng(0)
    gates = GATES[operator]
    constants = [
        numpy_helper.from_array(rng.normal(size=(1, gates * HIDDEN, INPUTS)).astype(np.float32), "W"),
        numpy_helper.from_array(rng.normal(size=(1, gates * HIDDEN, HIDDEN)).astype(np.float32), "R"),
        numpy_helper.from_array(np.zeros((1, 2 * gates * HIDDEN), np.float32), "B"),
    ]
    inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["steps", "batch", INPUTS])]
    if with_lengths:
        inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]))
    names = ["X", "W", "R", "B", *(["lengths"] if with_lengths else [])]
    node = helper.make_node(operator, names, ["", "Y_h"], hidden_size=HIDDEN)
    output = helper.make_tensor_value_info("Y_h", TensorProto.FLOAT, [1, "batch", HIDDEN])
    graph = helper.make_graph([node], "graph", inputs, [output], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    checker.check_model(made, full_check=True)
    return made


def by_onnxruntime(made, feed):
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feed)[0]


def by_reference(made, feed):
    return ReferenceEvaluator(made).run(None, feed)[0]


print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
X = np.random.default_rng(1).normal(size=(STEPS, BATCH, INPUTS)).astype(np.float32)
lengths = np.array([2, STEPS], np.int32)
as_seen = True
for operator in GATES:
    alone = by_reference(model(operator, False), {"X": X[: lengths[0], :1]})[0, 0]  # the short one, cut
    feed = {"X": X, "lengths": lengths}
    runtime = by_onnxruntime(model(operator, True), feed)[0, 0]
    reference = by_reference(model(operator, True), feed)[0, 0]
    unaware = by_reference(model(operator, False), {"X": X})[0, 0]
    print(f"{operator}: last state of the sequence of {lengths[0]} steps, padded to {STEPS}")
    print(f"    cut, by the reference   {alone}\n    padded, by onnxruntime   {runtime}")
    print(f"    padded, by the reference {reference}, as without lengths: {np.array_equal(reference, unaware)}")
    as_seen &= np.allclose(runtime, alone, atol=1e-5) and np.array_equal(reference, unaware)
    as_seen &= not np.allclose(reference, alone, atol=1e-2)
sys.exit(not as_seen)
PYTHON

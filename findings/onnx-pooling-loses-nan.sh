#!/usr/bin/env bash
# A NaN is lost in the pooling of onnxruntime and of the reference implementation of ONNX, each time in other operators.
#
# Why it surprises: in PyTorch and NumPy a NaN always reaches the maximum and the mean, so a network whose weights have
# diverged answers NaN, and a check for finite answers finds it. Taken along as ONNX, the same network answers ordinary
# numbers. In onnxruntime it depends on where in the window the NaN stands whether MaxPool, GlobalMaxPool and ReduceMax
# keep it, and what ReduceMax gives instead need not even be the maximum of the others (of 1, NaN, 3, 4 it said 3; which
# places these are may depend on the processor). Its AveragePool keeps it. The reference does the opposite: ReduceMax and
# GlobalMaxPool keep it, MaxPool never does, and AveragePool leaves it out and takes the mean of the rest. So neither can
# be used to check the other.
#
# What helps: check the weights for finite numbers before the export, not the answers after it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6
ORT_DISABLE_TELEMETRY=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, checker, helper
from onnx.reference import ReferenceEvaluator


def answers(operator, image, **options):
    """By onnxruntime and by the reference."""
    node = helper.make_node(operator, ["x"], ["y"], **options)
    graph = helper.make_graph(
        [node],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": image})[0].item(), ReferenceEvaluator(model).run(None, {"x": image})[0].item()


print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__, "numpy", np.__version__)
OPERATORS = {
    "MaxPool": {"kernel_shape": [2, 2]},
    "ReduceMax": {"axes": [2, 3]},
    "GlobalMaxPool": {},
    "AveragePool": {"kernel_shape": [2, 2]},
}
lost = {}
for operator, options in OPERATORS.items():
    for place in range(4):
        image = np.array([1, 2, 3, 4], np.float32).reshape(1, 1, 2, 2)
        image.flat[place] = np.nan
        runtime, reference = answers(operator, image, **options)
        print(f"{operator:14s} of {str(image.ravel().tolist()):22s} onnxruntime {runtime:<6.4g} reference {reference:.4g}")
        lost.setdefault((operator, "onnxruntime"), []).append(not np.isnan(runtime))
        lost.setdefault((operator, "reference"), []).append(not np.isnan(reference))
print("NumPy: maximum", np.max(image), "mean", np.mean(image))
MAXIMA = ("MaxPool", "GlobalMaxPool", "ReduceMax")
as_seen = (
    all(any(lost[operator, "onnxruntime"]) for operator in MAXIMA)
    and not any(lost["AveragePool", "onnxruntime"])
    and all(lost["MaxPool", "reference"])
    and all(lost["AveragePool", "reference"])
    and not any(lost["GlobalMaxPool", "reference"] + lost["ReduceMax", "reference"])
)
sys.exit(not as_seen)
PYTHON

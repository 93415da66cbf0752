"""How runs of Sentiment become files; the panel is that of all demos."""

from core.demos.sentiment import bundle
from ui.runs.export import Exporting

EXPORTING = Exporting(
    network=bundle.run_network, onnx=bundle.onnx_file, parity=bundle.onnx_parity, bundle=bundle.whole_bundle
)

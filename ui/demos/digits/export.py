"""How runs of Digits become files; the panel is that of all demos."""

from core.demos.digits import bundle
from core.demos.digits.reader import run_network
from ui.runs.export import Exporting

EXPORTING = Exporting(
    network=run_network,
    onnx=bundle.onnx_file,
    parity=lambda network, config, state: bundle.onnx_parity(network, str(config["data"])),
    bundle=lambda trained, compared, state: bundle.whole_bundle(trained, compared),
)

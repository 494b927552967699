"""Networks, arrays, overlaps and modes of the study, and the runs behind them."""

import command

NETWORKS = {
    "alexnet": "AlexNet", "vgg16": "VGG-16", "resnet18": "ResNet-18", "resnet34": "ResNet-34",
    "resnet50": "ResNet-50", "mobilenet_v1": "MobileNetV1", "mobilenet_v2": "MobileNetV2",
    "convnext_t": "ConvNeXt-T", "vit_b_16": "ViT-B/16", "bert_base": "BERT-base, 128 tokens",
    "llm_7b_prefill_512": "LLM 7B, prefill of 512", "llm_7b_decode_1": "LLM 7B, decode"}
KINDS = {"CNNs": ("alexnet", "vgg16", "resnet18", "resnet34", "resnet50", "mobilenet_v1",
                  "mobilenet_v2", "convnext_t"),
         "transformers": ("vit_b_16", "bert_base", "llm_7b_prefill_512"),
         "LLM decode": ("llm_7b_decode_1",)}
SIZES = (64, 128, 256)
OVERLAPS = ("none", "load", "full")
MODES = (1, 2, 4)
CHOICES = (*MODES, "auto")
TECHNOLOGIES = ("paper", "asap7", "sky130hd")
DEFAULT_TECHNOLOGY = "paper"
# One network of each kind, where all of them would say the same.
EXAMPLES = ("resnet34", "bert_base", "llm_7b_decode_1")
# The long ones with many tiles per layer: their toggles are estimated from this many tiles of each
# layer. The CNNs would gain no time by it: their large layers have few tiles.
SAMPLED = ("vit_b_16", "bert_base", "llm_7b_prefill_512")
SAMPLE_TILES = 24


def _run(network, size, overlap, k, technology, depthwise):
    options = ["--rows", size, "--cols", size, "--overlap", overlap, "--k", k]
    if technology != DEFAULT_TECHNOLOGY:
        options += ["--tech", technology]
    return command.arguments(network, *options, depthwise=depthwise)


def analytic(network, size, overlap, k="auto", technology=DEFAULT_TECHNOLOGY, depthwise=False):
    """Arguments of a run without activity: cycles and time."""
    return [*_run(network, size, overlap, k, technology, depthwise), "--engine", "analytic"]


def simulated(network, size, overlap, k="auto", technology=DEFAULT_TECHNOLOGY):
    """Arguments of a run with activity: exact, or estimated where the network is in SAMPLED."""
    run = _run(network, size, overlap, k, technology, depthwise=False)
    return run + (["--sample-tiles", str(SAMPLE_TILES)] if network in SAMPLED else [])


def name_of(network):
    return NETWORKS[network] + (" without depthwise" if network in command.DEPTHWISE else "")


def array_of(size):
    return f"{size}×{size}"


def time_saved(report):
    """Percent; negative: ArrayFlex takes longer."""
    total = report["total"]
    return 100 * (1 - total["time_ns"] / total["conventional"]["time_ns"])


def periods(run, size, overlap, technology=DEFAULT_TECHNOLOGY):
    """{"conventional", "1", "2", "4": clock period in ps}; with overlap computed ones hold the mux."""
    report = run.report(analytic("resnet34", size, overlap, technology=technology))
    return report["array"]["clock_period_ps"]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def text(run):
    return command.text(run)

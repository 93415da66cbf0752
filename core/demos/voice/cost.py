"""What a speech network and its data cost, from the knobs alone: no data is read, no network computed."""

from dataclasses import replace
from functools import lru_cache

from core.contract import Cost, NetworkCost
from core.data.sound import speech
from core.demos.voice.config import VoiceConfig, words_of
from core.demos.voice.features import NUM_FRAMES
from core.demos.voice.learner import learns_answer_only, make_network, shape_of
from core.training.estimate import network_cost, supervised_cost

FEATURE_BYTES = 2  # float16
AUGMENTATION_FLOPS = 6_000_000  # 65 µs a clip at 94 GFLOP/s, measured


@lru_cache(maxsize=256)
def _network(config: VoiceConfig) -> NetworkCost:
    whole = network_cost(lambda: make_network(config), (NUM_FRAMES, shape_of(config).num_mels))
    if learns_answer_only(config):  # nothing goes back through what is frozen
        return replace(whole, learning=whole.answering, activations=whole.activations // 2)
    return whole


def cost(config: VoiceConfig) -> Cost:
    """All that an estimate needs to know about a config."""
    num_train, num_validation, num_test = speech.sizes(config.data, words_of(config), config.recordings)
    is_changed = bool(config.shift or config.noise or config.speed or config.gain or config.masks)
    return Cost(
        network=_network(config),
        num_train=round(num_train * config.share / 100),
        num_validation=num_validation,
        num_test=num_test,
        example_bytes=FEATURE_BYTES * NUM_FRAMES * shape_of(config).num_mels + 8,
        preparation_flops=AUGMENTATION_FLOPS if is_changed else 0,
        **supervised_cost(config),
    )

"""What a step of two competing networks costs, whatever it is that they draw and tell apart. Nothing is computed."""

from core.contract import NetworkCost
from core.demos.generator.competition import Rules

UPDATE_LAYERS = 12  # that take as long as what stands around an update: losses, optimizer, what is told
PENALTY_LAYERS = 3.5  # times the layers of D: forward, back to the example, and back through both
PENALTY_PASSES = 2  # forward and back, that take as long
PENALISED = {"relativistic": 2, "wasserstein": 1}  # examples for each real one


def competition_cost(rules: Rules, *, drawn: NetworkCost, scored: NetworkCost, fooled: NetworkCost) -> NetworkCost:
    """What a real example costs; the layers are those of a whole step.

    It passes D with a generated one, forward and back, for which G draws. For each update of G it draws and is
    corrected once more, through a D that learns nothing. A penalty has its turn now and then.

    Args:
        rules: of the competition.
        drawn: by G.
        scored: by a D that learns.
        fooled: the same D, through which G learns.
    """
    turns = 1 / rules.discriminator_steps  # of G, for each of D
    penalties = PENALISED.get(rules.loss, 0) / rules.penalty_every
    sees_real = rules.loss == "relativistic"  # G's loss needs the scores of real ones
    of_discriminator = drawn.answering + 2 * scored.learning + penalties * PENALTY_PASSES * fooled.learning
    corrected = (fooled.answering + fooled.learning) / 2  # no gradients of D's weights
    of_generator = drawn.learning + corrected + sees_real * scored.answering
    passes = 2 + turns + penalties * PENALTY_PASSES  # of D
    layers_of_d = drawn.num_layers / 3 + scored.num_layers * (1 + penalties * PENALTY_LAYERS) + UPDATE_LAYERS
    layers_of_generator = drawn.num_layers + scored.num_layers * (1 + sees_real / 3) + UPDATE_LAYERS
    return NetworkCost(
        flops=round((1 / 3 + turns) * drawn.flops + passes * scored.flops),
        activations=round((1 / 3 + turns) * drawn.activations + passes * scored.activations),
        num_layers=round(rules.discriminator_steps * layers_of_d + layers_of_generator),
        answering=drawn.answering,
        learning=round(of_discriminator + turns * of_generator),
    )

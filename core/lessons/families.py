"""The families of networks on the map: what each is for, what is new in it, and the demo where it can be tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One kind of network."""

    name: str
    title: str
    year: str
    idea: str  # what is new in it
    use: str  # what it is for
    demo: str | None  # name of the demo that has one


FAMILIES = (
    Family(
        "perceptron", "Perceptron", "Rosenblatt 1958",
        "One neuron with a step: it says yes or no.",
        "Two classes that a straight line can part.",
        None,
    ),
    Family(
        "ann", "ANN: artificial neural network", "Rumelhart, Hinton, Williams 1986",
        "Layers of neurons, every one connected with all of the layer before, trained by backpropagation.",
        "Tables of numbers, small pictures.",
        "digits",
    ),
    Family(
        "cnn", "CNN: convolutional network", "LeCun et al. 1989",
        "Small filters slide over the picture: the same weights everywhere.",
        "Pictures, and sound drawn as a picture.",
        "digits",
    ),
    Family(
        "rnn", "RNN: recurrent network", "Elman 1990",
        "Reads one piece after the other; its state h is handed on as a memory.",
        "Sequences: sound, text, sensor values.",
        "voice",
    ),
    Family(
        "lstm", "LSTM: long short-term memory", "Hochreiter and Schmidhuber 1997",
        "A second line c carries the memory past the gates forget, input and output, so that gradients do not vanish.",
        "Long sequences.",
        "voice",
    ),
    Family(
        "gru", "GRU: gated recurrent unit", "Cho et al. 2014",
        "Two gates instead of three, no second line: an LSTM with fewer weights.",
        "Long sequences with little memory or time.",
        "voice",
    ),
    Family(
        "transformer", "Transformer", "Vaswani et al. 2017",
        "Attention: every word looks at all words at once and mixes what it finds.",
        "Text, and by now nearly everything.",
        "sentiment",
    ),
    Family(
        "gan", "GAN: generative adversarial network", "Goodfellow et al. 2014",
        "Two networks: the generator makes pictures from noise, the discriminator tells them from real ones.",
        "Making new pictures.",
        "generator",
    ),
)  # fmt: skip

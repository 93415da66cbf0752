from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    seconds: float
    bytes: float
    num_parameters: int


def machine_speed():
    return 1e10


def estimate(task, config, **k):
    return Estimate(10, 3e8, task.num_parameters(config))

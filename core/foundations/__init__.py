"""The arithmetic of page Foundations: one neuron, one step of learning, small networks. Nothing here draws.

Each place of the page has a module: its settings as knobs, and functions from those to numbers.
"""

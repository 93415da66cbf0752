"""Foundations: what a network is made of, from one neuron to a map of networks."""

from ui.lessons import page

page.show()

"""Digits: draw one, train a network, watch it learn."""

from ui.demos.digits import page

page.show()

"""Digits: draw one, train a network, watch it learn."""

from ui.digits import page

page.show()

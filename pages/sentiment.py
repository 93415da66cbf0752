"""Sentiment: type a text, see the answer and its reasons, train a network."""

from ui.demos.sentiment import page

page.show()

"""Texts that teach what a network makes of negation, contrast, sarcasm and names. Written for this page."""

EXAMPLES = {
    "Negation": "The film is not good, and I would not watch it again.",
    "Two negations": "It is not bad at all, and never boring.",
    "Contrast": "Beautiful to look at, but empty and far too long.",
    "Turned round": "Far too long, but beautiful and moving.",
    "Sarcasm": "Oh great, another two hours of my life that I will never get back.",
    "Name swapped": "Steven Seagal is wonderful in this quiet drama.",
    "Neutral": "The film was shown on Tuesday at eight.",
    "Unknown words": "A flabbergasting, zorblaxian hullabaloo of a movie.",
}

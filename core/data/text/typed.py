"""How long a text may be that is typed, pasted or a line of a file. What is read in it is the business of a demo."""

MAX_CHARACTERS = 20_000

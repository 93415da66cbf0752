"""A throw-away demo as somebody else would write it: one module and one page, in a package of its own."""

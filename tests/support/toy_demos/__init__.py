"""Demos for tests, found through `GLASSBOX_DEMOS`."""

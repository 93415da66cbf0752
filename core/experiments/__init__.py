"""Jobs of several fits beside the demos: classical methods, and more data. Each folder exports its `DEMOS`."""

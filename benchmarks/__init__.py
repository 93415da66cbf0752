"""Speed and accuracy of Glassbox, measured by committed programs. Nothing in here is needed to run it."""

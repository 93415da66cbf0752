"""Generator: two networks compete; choose what is drawn, train them, watch both."""

from ui.demos.generator import page

page.show()

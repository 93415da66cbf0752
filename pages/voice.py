"""Voice: speak a command, follow it through the network, train one of your own."""

from ui.demos.voice import page

page.show()

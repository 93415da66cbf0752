"""Voice: speak a command, follow it through the network, train one of your own."""

from ui.voice import page

page.show()

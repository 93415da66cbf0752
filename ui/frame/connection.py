"""What a page says and does while its server cannot be reached: words for pupils, and healing when the line is back.

Streamlit connects again by itself. It speaks of its own command then, and leaves red what it could not load meanwhile.
"""

from ui.frame.component import Component

_CSS = """
.glassbox-away > :not(.glassbox-said) { display: none !important; }
"""

_JS = """
const AWAY = "The studio cannot be reached at the moment. Is this device still in the network? The page goes on by " +
  "itself once the studio is back, and what is being trained there goes on meanwhile. If it stays away, tell whoever " +
  "started it.";
const MISSING = "Not here yet: this part is loaded again once the studio can be reached.";
const NOT_LOADED = /dynamically imported module|Importing a module script failed/;  // Chromium and Firefox, Safari
const EVERY_MS = 1000, CALM_MS = 20000;

function say(node, text) {
  if (node.classList.contains("glassbox-away")) return;
  const said = document.createElement("p");
  said.className = "glassbox-said";
  said.style.margin = "0";
  said.textContent = text;
  node.classList.add("glassbox-away");
  node.append(said);
}

function explainDialog() {
  const title = document.querySelector("[role=dialog] h2");
  if (title?.textContent !== "Connection error") return;
  title.textContent = "No connection to the studio";
  say(title.nextElementSibling, AWAY);
}

async function healParts() {
  const broken = [...document.querySelectorAll("[data-testid=stException], [data-testid=stAlertContainer]")]
    .filter((node) => NOT_LOADED.test(node.textContent));
  for (const node of broken) say(node, MISSING);
  if (!broken.length && !document.querySelector(".glassbox-away")) return;
  // a module that failed is not asked for again in this document; never more often than once in a while
  if (!broken.length || Date.now() - Number(sessionStorage.glassboxHealed ?? 0) < CALM_MS) return;
  const answer = await fetch(new URL("_stcore/health", document.baseURI)).catch(() => null);
  if (!answer?.ok) return;
  sessionStorage.glassboxHealed = Date.now();
  location.reload();
}

export default function () {
  if (window.glassboxConnection) return;
  window.glassboxConnection = setInterval(healParts, EVERY_MS);
  new MutationObserver(explainDialog).observe(document.body, { childList: true, subtree: false });
}
"""

_CONNECTION = Component("connection", css=_CSS, js=_JS, isolate_styles=False)


def watch_connection() -> None:
    """Have the browser look after its connection; call it once a page run, from the navigation."""
    _CONNECTION.show(key="connection")

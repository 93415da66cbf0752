"""What only the browser can do for Voice: a cursor that follows the sound, speaking, and why there is no microphone."""

from ui.frame.component import Component

_CURSOR_JS = """
// One listener for the whole page: the player and the chart may be mounted anew at any time.
function follow(audio) {
  const chart = document.querySelector(`.glassbox-chart[data-key="${window.glassboxCursor.chart}"]`);
  const layout = chart?._fullLayout;
  if (!layout) return;
  let line = chart.querySelector(".glassbox-cursor");
  if (!line) {
    line = document.createElement("div");
    line.className = "glassbox-cursor";
    line.style.cssText = "position:absolute;width:2px;pointer-events:none;background:currentColor;opacity:0.75";
    chart.style.position = "relative";
    chart.append(line);
  }
  const axis = layout.xaxis;
  line.style.left = `${axis._offset + axis.l2p(audio.currentTime)}px`;
  line.style.top = `${layout._size.t}px`;
  line.style.height = `${layout._size.h}px`;
  if (!audio.paused && !audio.ended && audio.isConnected) requestAnimationFrame(() => follow(audio));
}

export default function ({ data }) {
  const isFirst = !window.glassboxCursor;
  window.glassboxCursor = data;
  if (!isFirst) return;
  const listen = (event) => {
    if (event.target.closest?.(`.st-key-${window.glassboxCursor.player}`)) follow(event.target);
  };
  for (const name of ["play", "seeked", "timeupdate"]) document.addEventListener(name, listen, true);
}
"""

_SAY_JS = """
export default function ({ data }) {
  if (!data.text || window.glassboxSaid === data.id || !window.speechSynthesis) return;
  window.glassboxSaid = data.id;
  const utterance = new SpeechSynthesisUtterance(data.text);
  utterance.lang = "en";
  window.speechSynthesis.cancel();
  window.speechSynthesis.speak(utterance);
}
"""

_HINT_HTML = '<p class="hint" role="status"></p>'

_HINT_CSS = """
.hint { margin: 0; font-size: 0.875rem; line-height: 1.5; color: var(--st-orange-text-color, var(--st-text-color)); }
"""

_HINT_JS = """
const INSECURE = "There is no microphone here: browsers give it only to pages on HTTPS or localhost. " +
  "Open the page there, or upload a recording.";
const MISSING = "No microphone was found. Connect one, or upload a recording.";
const REFUSED = "The microphone was refused. Allow it in the site settings and reload, or upload a recording.";

export default async function ({ parentElement }) {
  const hint = parentElement.querySelector(".hint");
  if (!window.isSecureContext || !navigator.mediaDevices) { hint.textContent = INSECURE; return; }
  const devices = await navigator.mediaDevices.enumerateDevices();
  if (!devices.some((device) => device.kind === "audioinput")) hint.textContent = MISSING;
  try {
    const permission = await navigator.permissions.query({ name: "microphone" });
    const show = () => { if (permission.state === "denied") hint.textContent = REFUSED; };
    permission.onchange = () => { hint.textContent = ""; show(); };
    show();
  } catch { /* this browser does not tell */ }
}
"""

_CURSOR = Component("cursor", js=_CURSOR_JS)
_SAY = Component("say", js=_SAY_JS)
_HINT = Component("microphone", html=_HINT_HTML, css=_HINT_CSS, js=_HINT_JS)


def cursor(*, chart: str, player: str) -> None:
    """Let a line in a live chart follow the players in a container.

    Args:
        chart: key of the chart; its x axis is the time in seconds.
        player: key of the container.
    """
    _CURSOR.show(key=f"{player}.cursor", data={"chart": chart, "player": player.replace(".", "-")})


def say(text: str, *, sentence_id: str, key: str) -> None:
    """Speak a text aloud, once for each id; nothing where the text is empty or the browser has no voice."""
    _SAY.show(key=key, data={"text": text, "id": sentence_id})


def microphone_hint(*, key: str) -> None:
    """One sentence where this browser gives no microphone, with what to do; else nothing."""
    _HINT.show(key=key, data={})

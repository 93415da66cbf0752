// A sheet on which points are painted with the pointer, or with arrow keys and Space; the page gets them after a stroke.

const STEP = 0.15;  // of the cursor, with a key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

class Painting {
  constructor(root) {
    this.find = (name) => root.querySelector(name);
    this.at = [0, 0];
    const sheet = this.find(".sheet");
    sheet.onpointerdown = (event) => {
      if (event.button !== 0) return;
      sheet.setPointerCapture(event.pointerId);
      this.before = this.points;
      this.brush(placeOf(event, sheet));
    };
    sheet.onpointermove = (event) => { if (this.before) this.brush(placeOf(event, sheet)); };
    sheet.onpointerup = sheet.onpointercancel = () => {
      if (this.before && this.before !== this.points) this.send(this.points);
      this.before = null;
    };
    sheet.onkeydown = (event) => this.press(event);
    this.find(".clear").onclick = () => this.send([]);
  }

  take(data) {
    [this.points, this.most] = [data.points, data.maxPoints];
    this.draw();
  }

  press(event) {
    const before = this.points;
    if (event.key in ARROWS) {
      this.at = this.at.map((value, axis) => Math.max(-PLANE, Math.min(PLANE, value + STEP * ARROWS[event.key][axis])));
    } else if (event.key === " ") this.brush(this.at);
    else return;
    event.preventDefault();
    this.draw();
    if (before !== this.points) this.send(this.points);
  }

  brush(place) {
    if (!place) return;
    const isErased = this.find(".tools input:checked").value === "erase";
    this.points = brushed(this.points, place, isErased ? "erase" : 0, this.most);
    this.draw();
  }

  draw() {
    const made = this.points.map(([x, y]) => {
      const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      circle.setAttribute("cx", x);
      circle.setAttribute("cy", -y);
      return circle;
    });
    this.find(".points").replaceChildren(...made);
    this.find(".cursor").setAttribute("transform", `translate(${this.at[0]} ${-this.at[1]})`);
    const words = `A sheet with ${this.points.length} painted points. Arrow keys move the brush, Space uses it.`;
    this.find(".sheet").setAttribute("aria-label", words);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".painting");
  node.painting ??= new Painting(node);
  node.painting.send = (points) => setTriggerValue("painted", points);
  node.painting.take(data);
}

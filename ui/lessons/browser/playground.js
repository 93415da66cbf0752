// The playground's controls and clock; what the page is told: how far the run is, which points were painted.

const MAX_STEP = 50000;
const SPEEDS = { step: "1 step", epoch: "1 epoch", fast: "fast" };  // between two pictures
const TRAIN_MS = 25;  // of a picture, at the fast speed
const CATCH_UP_MS = 60;
const REPORT_MS = 4000;  // while it plays
const HISTORY = 400;  // points of a curve

function pageIsDark(node) {
  const [red, green, blue] = getComputedStyle(node).color.match(/[\d.]+/g).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue > 128;  // light text
}

class Playground {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(name);
    this.picture = new Picture(root);
    this.picture.font = getComputedStyle(root).fontFamily;
    this.isPlaying = false;
    this.frames = [];
    this.find(".rewind").onclick = () => this.rewind();
    this.find(".toggle").onclick = () => (this.isPlaying ? this.pause() : this.play());
    this.find(".one").onclick = () => { this.pause(); this.advance(1); this.report(); };
    this.find(".epoch").onclick = () => {
      this.pause();
      this.advance(this.run.perEpoch - (this.run.step % this.run.perEpoch));
      this.report();
    };
    this.find(".rate").onchange = (event) => {
      this.run.rate = Number(event.target.value);
      this.report();
    };
    this.watchNetwork();
    this.watchSurface();
    this.sizes = new ResizeObserver(() => this.show());
    this.sizes.observe(root);
  }

  // Begin the run that the server describes; one that is shown already goes on.
  take(data) {
    this.data = data;
    this.find(".paint").hidden = !data.canPaint;
    if (data.check && data.check !== this.checked) this.check(data);
    if (data.id === this.id) return;
    this.id = data.id;
    const decoded = (values) => Float32Array.from(values);
    const start = { ...data.start, ...Object.fromEntries(
      ["plane", "inputs", "targets"].map((name) => [name, decoded(data.start[name])])) };
    this.pause();
    this.run = new Run(start);
    this.picture.begin(this.run, data.palettes);
    this.history = [];
    this.record();
    this.fillRates();
    this.catchUp(data.step);
  }

  fillRates() {
    const select = this.find(".rate");
    const rates = [...new Set([...this.data.rates, ...this.run.changes.map(([, rate]) => rate)])].sort((a, b) => a - b);
    select.replaceChildren(...rates.map((rate) => new Option(String(rate), rate)));
  }

  // A shared address names how far the run was: train up to there, a slice at a time.
  catchUp(target) {
    const begin = performance.now();
    const interval = Math.ceil(target / HISTORY);
    while (this.run.step < target && performance.now() - begin < CATCH_UP_MS && !this.run.hasDiverged) {
      this.run.learn();
      if (this.run.step % interval === 0) this.record();
    }
    this.record();
    this.show();
    const id = this.id;
    if (this.run.step < target && !this.run.hasDiverged) {
      this.find(".state").textContent = `Computing the first ${target.toLocaleString("en")} steps …`;
      requestAnimationFrame(() => { if (id === this.id && !this.isPlaying) this.catchUp(target); });
    }
  }

  // Loss of all points now, and a point of each curve; a long history keeps every second of its points.
  record() {
    const { numTrain, targets } = this.run.start;
    this.train = this.run.measure(0, numTrain);
    this.test = this.run.measure(numTrain, targets.length);
    if (!this.train || this.history.at(-1)?.step === this.run.step) return;
    if (this.history.length >= HISTORY) this.history = this.history.filter((_, at) => at % 2 === 0);
    this.history.push({ step: this.run.step, train: this.train.loss, test: this.test?.loss ?? null });
  }

  advance(steps) {
    for (let count = 0; count < steps && this.run.step < MAX_STEP && !this.run.hasDiverged; count++) this.run.learn();
    this.record();
    this.show();
  }

  play() {
    if (!this.run.start.numTrain || this.run.hasDiverged) return;
    this.isPlaying = true;
    this.reported = performance.now();
    this.frames = [];
    this.labelToggle();
    requestAnimationFrame((now) => this.frame(now));
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.labelToggle();
    this.show();
    this.report();
  }

  labelToggle() {
    this.find(".toggle").textContent = this.isPlaying ? "Pause" : "Play";
    this.find(".toggle").classList.toggle("primary", !this.isPlaying);
  }

  frame(now) {
    if (!this.isPlaying) return;
    if (!this.root.isConnected) { this.isPlaying = false; return; }
    const speed = this.find(".speed").value;
    const begin = performance.now();
    if (speed === "fast") {
      do this.run.learn(); while (performance.now() - begin < TRAIN_MS && this.run.step < MAX_STEP);
      this.advance(0);
    } else {
      this.advance(speed === "step" ? 1 : this.run.perEpoch);
    }
    this.frames = [...this.frames.filter((time) => now - time < 2000), now];
    if (this.run.hasDiverged || this.run.step >= MAX_STEP) { this.pause(); this.show(); return; }
    if (now - this.reported > REPORT_MS) { this.reported = now; this.report(); }
    requestAnimationFrame((next) => this.frame(next));
  }

  rewind() {
    this.isPlaying = false;
    this.labelToggle();
    this.run.rewind();
    this.run.orderOf = undefined;
    this.history = [];
    this.record();
    this.show();
    this.report();
  }

  report() {
    const [first, ...later] = this.run.changes.filter(([since]) => since <= this.run.step);
    const rates = [String(first[1]), ...later.map(([since, rate]) => `${since}:${rate}`)].join(",");
    this.send("position", { id: this.id, step: this.run.step, rates });
  }

  show() {
    if (!this.run || !this.root.isConnected) return;
    this.picture.draw(pageIsDark(this.root), this.history);
    const { run, train, test } = this;
    const isHeight = run.start.loss === "height";
    const part = (name, found) => found === null ? "" : ` · ${name} loss ${found.loss.toFixed(3)}` +
      (isHeight ? "" : `, ${(100 * found.accuracy).toFixed(1)} % right`);
    const words = train === null
      ? `No training points yet: ${this.data.canPaint ? "paint some on the picture" : "choose a table below"}.`
      : `epoch ${run.epoch.toLocaleString("en")} · step ${run.step.toLocaleString("en")}${part("training", train)}${part("test", test)}`;
    this.find(".state").textContent = run.hasDiverged
      ? `The weights have left the range of float32 at step ${run.step.toLocaleString("en")}: it diverged. Rewind and choose a smaller learning rate.`
      : words;
    const seconds = this.frames.length > 1 ? (this.frames.at(-1) - this.frames[0]) / 1000 : 0;
    this.find(".pace").textContent = this.isPlaying && seconds > 0.5
      ? `${((this.frames.length - 1) / seconds).toFixed(0)} pictures a second` : "";
    this.find(".rate").value = String(run.rate);
    this.find(".surface").setAttribute("aria-label", `Decision surface with ${run.start.targets.length} points. ${words}.`);
    this.find(".net canvas").setAttribute("aria-label",
      `Network of ${this.picture.counts.join("-")} neurons. Blue: positive weights, orange: negative ones.`);
  }

  // A copy of the run from its start, for the server to compare with PyTorch.
  check(data) {
    this.checked = data.check;
    const start = { ...this.run.start };
    const copy = new Run(start);
    for (let step = 0; step < data.checkSteps; step++) copy.learn();
    const values = [...copy.weights, ...copy.biases].flatMap((array) => [...array]);
    this.send("checked", { id: data.id, values });
  }

  watchNetwork() {
    const canvas = this.find(".net canvas");
    const look = (place) => {
      const [now, before] = [place?.join(), this.picture.shown?.join()];
      if (now === before) return;
      this.picture.shown = place;
      const [column, row] = place ?? [];
      const name = place === null || column === this.picture.counts.length - 1 ? "What the network answers"
        : column === 0 ? `Feature ${this.run.start.featureNames[row]}` : `Hidden layer ${column}, neuron ${row + 1}`;
      this.find(".title").textContent = name;
      this.show();
    };
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      look(this.picture.at(event.clientX - box.left, event.clientY - box.top));
    };
    canvas.onpointermove = at;
    canvas.onpointerdown = at;
    canvas.onpointerleave = (event) => { if (event.pointerType === "mouse") look(null); };
  }

  watchSurface() {
    const canvas = this.find(".surface");
    canvas.onpointerdown = (event) => {
      if (!this.data.canPaint || event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.painting = this.find(".paint input:checked").value;
      this.painted = Array.from(this.run.start.targets, (target, at) =>
        [this.run.start.plane[2 * at], this.run.start.plane[2 * at + 1], target]);
      this.brush(event);
    };
    canvas.onpointermove = (event) => { if (this.painting) this.brush(event); };
    canvas.onpointerup = canvas.onpointercancel = () => {
      if (!this.painting) return;
      this.painting = null;
      this.send("painted", this.painted);
    };
    this.find(".clear").onclick = () => this.send("painted", []);
  }

  brush(event) {
    const place = placeOf(event, this.find(".surface"));
    if (!place) return;
    const target = { blue: 1, orange: 0 }[this.painting] ?? "erase";
    const painted = brushed(this.painted, place, target, this.data.maxPoints);
    if (painted === this.painted) return;
    this.painted = painted;
    const start = this.run.start;  // show it at once; the run begins anew when the page answers
    start.plane = Float32Array.from(this.painted.flatMap(([a, b]) => [a, b]));
    start.targets = Float32Array.from(this.painted, ([, , target]) => target);
    start.numTrain = this.painted.length;
    const dark = pageIsDark(this.root);
    this.isPlaying = false;
    this.labelToggle();
    this.picture.draw(dark, this.history);
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const node = parentElement.querySelector(".playground");
  node.playground ??= new Playground(node);
  node.playground.send = (name, value) => (name === "position" ? setStateValue : setTriggerValue)(name, value);
  node.playground.take(data);
  return () => { if (!node.isConnected) node.playground.isPlaying = false; };
}

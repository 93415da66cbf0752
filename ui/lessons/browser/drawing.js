// What the playground draws: the network with the surface of each neuron, the decision surface, the loss curves.

const [FINE, COARSE] = [50, 36];  // cells a side of every surface; coarse where there is much to compute
const MANY = 600;  // weights

const FEATURE = {
  x1: (x, y) => x, x2: (x, y) => y, sq1: (x) => x * x, sq2: (x, y) => y * y, prod: (x, y) => x * y,
  sin1: (x) => Math.sin(2 * x), sin2: (x, y) => Math.sin(2 * y),
};

const channels = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

// 256 colours from negative over nothing to positive
function ramp(colors) {
  const stops = colors.map(channels);
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    const place = (index / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    const [r, g, b] = stops[low].map((value, at) => Math.round(value + (stops[low + 1][at] - value) * (place - low)));
    table[index] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return table;
}

function gridInputs(features, grid) {
  const inputs = new Float32Array(grid * grid * features.length);
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const [x, y] = [column, grid - 1 - row].map((cell) => ((cell + 0.5) / grid * 2 - 1) * PLANE);
      features.forEach((name, at) => { inputs[(row * grid + column) * features.length + at] = FEATURE[name](x, y); });
    }
  }
  return inputs;
}

// A canvas that fits its box and its screen; returns its context in CSS pixels and its size.
function fitted(canvas) {
  const density = Math.min(window.devicePixelRatio || 1, 2);
  const { width, height } = canvas.getBoundingClientRect();
  const [columns, rows] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

class Picture {
  constructor(root) {
    this.net = root.querySelector(".net canvas");
    this.surface = root.querySelector(".surface");
    this.curves = root.querySelector(".curves");
  }

  begin(run, palettes) {
    this.run = run;
    this.palettes = palettes;
    this.grid = run.weights.reduce((sum, weights) => sum + weights.length, 0) > MANY ? COARSE : FINE;
    this.inputs = gridInputs(run.start.features, this.grid);
    this.cell = new OffscreenCanvas(this.grid, this.grid);
    this.pixels = new ImageData(this.grid, this.grid);
    this.words = new Uint32Array(this.pixels.data.buffer);
    this.shown = null;  // the neuron under the pointer: [column, row]
    const counts = [run.start.numFeatures, ...run.start.weights.map((layer) => layer.outputs)];
    this.counts = counts;
    this.net.parentElement.style.height = `${Math.max(Math.min(Math.max(...counts) * 58, 500), 260)}px`;
  }

  // Values of a neuron over the plane; the output as -1 to 1.
  values(column, row, outputs) {
    const width = this.counts[column];
    const from = column ? outputs[column - 1] : this.inputs;
    const made = new Float32Array(this.grid ** 2);
    for (let at = 0; at < made.length; at++) made[at] = from[at * width + row];
    if (column === this.counts.length - 1) {
      if (this.run.start.loss !== "height") for (let at = 0; at < made.length; at++) made[at] = 2 * sigmoid(made[at]) - 1;
      return { made, reach: 1 };
    }
    let reach = 1e-6;
    for (let at = 0; at < made.length; at++) reach = Math.max(reach, Math.abs(made[at]));
    return { made, reach };
  }

  paint({ made, reach }) {
    for (let at = 0; at < made.length; at++) {
      this.words[at] = this.ramp[Math.max(0, Math.min(255, Math.round((made[at] / reach + 1) * 127.5)))];
    }
    this.cell.getContext("2d").putImageData(this.pixels, 0, 0);
  }

  draw(dark, history) {
    if (this.dark !== dark || !this.ramp) {
      this.dark = dark;
      this.colors = this.palettes[dark ? "dark" : "light"];
      this.ramp = ramp(this.colors.diverging.slice(2, -2));  // the points keep the stronger ends to themselves
    }
    const outputs = this.run.forward(this.inputs, this.grid ** 2);
    this.drawNetwork(outputs);
    this.drawSurface(outputs);
    this.drawCurves(history);
  }

  places(width, height) {
    const columns = this.counts.length;
    const most = Math.max(...this.counts);
    const side = Math.max(Math.min(46, (height - 8) / most - 5, (width / columns) * 0.62), 10);
    return this.counts.map((count, column) => Array.from({ length: count }, (_, row) => ({
      x: 2 + side / 2 + (column * (width - side - 4)) / (columns - 1),
      y: height / 2 + (row - (count - 1) / 2) * Math.min((height - 8) / most, side + 14),
      side,
    })));
  }

  drawNetwork(outputs) {
    const { context, width, height } = fitted(this.net);
    this.where = this.places(width, height);
    this.drawConnections(context);
    this.where.forEach((column, c) => column.forEach(({ x, y, side }, r) => {
      this.paint(this.values(c, r, outputs));
      context.drawImage(this.cell, x - side / 2, y - side / 2, side, side);
      const isShown = this.shown?.[0] === c && this.shown?.[1] === r;
      context.lineWidth = isShown ? 3 : 1;
      context.strokeStyle = isShown ? this.colors.text : this.colors.quiet;
      context.strokeRect(x - side / 2, y - side / 2, side, side);
      if (c === 0 && side >= 22) {
        context.font = `600 ${Math.min(12, side / 3)}px ${this.font}`;
        context.textAlign = "center";
        context.lineWidth = 3;
        context.strokeStyle = this.colors.background;
        context.fillStyle = this.colors.text;
        const name = this.run.start.featureNames[r];
        context.strokeText(name, x, y + 4);
        context.fillText(name, x, y + 4);
      }
    }));
  }

  drawConnections(context) {
    const many = this.run.weights.reduce((sum, weights) => sum + weights.length, 0) > 250;
    this.run.start.weights.forEach((layer, index) => {
      const weights = this.run.weights[index];
      for (let j = 0; j < layer.outputs; j++) {
        for (let i = 0; i < layer.inputs; i++) {
          const weight = weights[j * layer.inputs + i];
          const size = Math.min(Math.abs(weight), 4);
          if (!(size > 0.02)) continue;
          const [from, to] = [this.where[index][i], this.where[index + 1][j]];
          const [x1, x2] = [from.x + from.side / 2, to.x - to.side / 2];
          context.beginPath();
          context.moveTo(x1, from.y);
          context.bezierCurveTo((x1 + x2) / 2, from.y, (x1 + x2) / 2, to.y, x2, to.y);
          context.lineWidth = 0.4 + 1.3 * size;
          context.globalAlpha = Math.min(0.25 + 0.4 * size, 0.95);
          context.strokeStyle = weight > 0 ? this.colors.accent : this.colors.second;
          context.setLineDash(weight > 0 || many ? [] : [5, 3]);
          context.stroke();
        }
      }
    });
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  drawSurface(outputs) {
    const { context, width } = fitted(this.surface);
    const [c, r] = this.shown ?? [this.counts.length - 1, 0];
    this.paint(this.values(c, r, outputs));
    context.imageSmoothingEnabled = true;
    context.drawImage(this.cell, 0, 0, width, width);
    const { plane, targets, numTrain, loss } = this.run.start;
    for (let at = 0; at < targets.length; at++) {
      const x = (plane[2 * at] / PLANE + 1) * width / 2;
      const y = (1 - plane[2 * at + 1] / PLANE) * width / 2;
      const value = loss === "height" ? Math.max(-1, Math.min(1, targets[at])) : 2 * targets[at] - 1;
      const isTest = at >= numTrain;
      const size = isTest ? 3 : 4;
      context.beginPath();
      if (value > 0 || loss === "height") context.arc(x, y, size, 0, 2 * Math.PI);
      else context.rect(x - size + 0.5, y - size + 0.5, 2 * size - 1, 2 * size - 1);
      if (loss === "height") {
        const word = this.ramp[Math.round((value + 1) * 127.5)];
        context.fillStyle = `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
      } else {
        context.fillStyle = value > 0 ? this.colors.accent : this.colors.second;
      }
      context.strokeStyle = this.colors.background;
      context.lineWidth = 1.4;
      if (isTest) {
        context.strokeStyle = loss === "height" ? this.colors.text : context.fillStyle;
        context.fillStyle = this.colors.background;
      }
      context.fill();
      context.stroke();
    }
  }

  drawCurves(history) {
    const { context, width, height } = fitted(this.curves);
    const [left, right, top, bottom] = [34, 34, 8, 18];
    const most = Math.max(...history.map((h) => Math.max(h.train, h.test ?? 0)).filter(Number.isFinite), 0.1);
    const last = Math.max(history.at(-1)?.step ?? 0, 10);
    const x = (step) => left + (step / last) * (width - left - right);
    const y = (loss) => top + (1 - Math.min(loss / most, 1)) * (height - top - bottom);
    context.font = `11px ${this.font}`;
    context.fillStyle = this.colors.muted;
    context.strokeStyle = this.colors.grid;
    context.lineWidth = 1;
    for (const value of [0, most / 2, most]) {
      context.beginPath();
      context.moveTo(left, y(value));
      context.lineTo(width - right, y(value));
      context.stroke();
      context.textAlign = "right";
      context.fillText(value.toPrecision(2).replace(/^0(\.0+)?$/, "0"), left - 5, y(value) + 4);
    }
    context.textAlign = "right";
    context.fillText(`step ${last.toLocaleString("en")}`, width - right, height - 4);
    for (const [name, color, dash] of [["train", this.colors.accent, []], ["test", this.colors.second, [5, 3]]]) {
      const points = history.filter((h) => h[name] !== null && Number.isFinite(h[name]));
      if (!points.length) continue;
      context.beginPath();
      points.forEach((h, at) => context[at ? "lineTo" : "moveTo"](x(h.step), y(h[name])));
      context.strokeStyle = color;
      context.lineWidth = 1.75;
      context.setLineDash(dash);
      context.stroke();
      context.setLineDash([]);
      const end = points.at(-1);
      const other = history.at(-1)[name === "train" ? "test" : "train"];
      const isNear = other !== null && Math.abs(y(end[name]) - y(other)) < 12;
      const isUpper = end[name] > other || (end[name] === other && name === "test");
      context.fillStyle = color;
      context.textAlign = "left";
      context.fillText(name, width - right + 4, y(end[name]) + 4 + (isNear ? (isUpper ? -6 : 6) : 0));
    }
  }

  // The neuron under a place of the network's canvas, or null.
  at(x, y) {
    for (const [c, column] of (this.where ?? []).entries()) {
      for (const [r, place] of column.entries()) {
        if (Math.abs(place.x - x) <= place.side / 2 + 2 && Math.abs(place.y - y) <= place.side / 2 + 2) return [c, r];
      }
    }
    return null;
  }
}

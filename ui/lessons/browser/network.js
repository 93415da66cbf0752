// A small fully connected network that learns in the browser, in float32 as PyTorch does it:
// core/lessons/playground_reference.py is the same in PyTorch, and a test compares the two.
// Sums are taken in float64 and rounded once; weights, gradients and outputs are float32.

const fround = Math.fround;
const MOMENTUM = 0.9;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];  // of Adam, PyTorch's defaults

// Mulberry32 (Tommy Ettinger 2017), different for each seed, stream (0 order, 1 dropout) and position.
function uniform(seed, stream, position) {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(2 * position + stream + 1, 0x85ebca6b);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(seed, epoch, count) {
  const next = uniform(seed, 0, epoch);
  const places = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    [places[last], places[other]] = [places[other], places[last]];
  }
  return places;
}

const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

const BEND = {
  relu: { value: (z) => (z > 0 ? z : 0), slope: (y) => (y > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, slope: (y) => 1 - y * y },
  sigmoid: { value: sigmoid, slope: (y) => y * (1 - y) },
  linear: { value: (z) => z, slope: () => 1 },
};

// One run: `start` is what the server sent, see ui/lessons/playground.py.
class Run {
  constructor(start) {
    this.start = start;
    this.changes = start.rates.map(([step, rate]) => [step, rate]);  // of the learning rate
    this.rewind();
  }

  rewind() {
    const { weights } = this.start;
    this.step = 0;
    this.weights = weights.map((layer) => Float32Array.from(layer.values));
    this.biases = weights.map((layer) => new Float32Array(layer.outputs));
    const zeros = (arrays) => arrays.map((array) => new Float32Array(array.length));
    this.first = [zeros(this.weights), zeros(this.biases)];  // moments of the optimizer
    this.second = [zeros(this.weights), zeros(this.biases)];
    this.gradients = [this.weights, this.biases].map((arrays) => arrays.map((array) => new Float64Array(array.length)));
  }

  get perEpoch() { return Math.max(Math.ceil(this.start.numTrain / this.start.batchSize), 1); }
  get epoch() { return Math.floor(this.step / this.perEpoch); }
  get rate() { return this.changes.findLast(([since]) => since <= this.step)[1]; }
  get hasDiverged() { return !Number.isFinite(this.biases.at(-1)[0]); }

  set rate(value) {
    this.changes = [...this.changes.filter(([since]) => since < this.step), [this.step, value]];
  }

  // (count × features) → outputs of every layer, the last before its activation
  forward(inputs, count, dropped = null) {
    const outputs = [];
    this.start.weights.forEach((layer, index) => {
      const [weights, biases] = [this.weights[index], this.biases[index]];
      const made = new Float32Array(count * layer.outputs);
      const bend = index < this.start.activations.length ? BEND[this.start.activations[index]].value : null;
      for (let row = 0; row < count; row++) {
        for (let j = 0; j < layer.outputs; j++) {
          let sum = 0;
          for (let i = 0, at = row * layer.inputs, w = j * layer.inputs; i < layer.inputs; i++) {
            sum += weights[w + i] * inputs[at + i];
          }
          const z = fround(fround(sum) + biases[j]);
          made[row * layer.outputs + j] = bend ? bend(z) : z;
        }
      }
      outputs.push(made);
      inputs = dropped && bend ? dropped(made) : made;
    });
    return outputs;
  }

  // The derivative of the mean loss by the output z of one example.
  slope(z, target, count) {
    if (this.start.loss === "height") return (2 * (z - target)) / count;
    const p = sigmoid(z);
    return (this.start.loss === "mse" ? 2 * (p - target) * p * (1 - p) : p - target) / count;
  }

  learn() {
    const { start } = this;
    if (!start.numTrain || this.hasDiverged) return;
    const within = this.step % this.perEpoch;
    if (this.orderOf !== this.epoch) {
      this.orderOf = this.epoch;
      this.order = shuffled(start.seed, this.epoch, start.numTrain);
    }
    const batch = this.order.slice(within * start.batchSize, (within + 1) * start.batchSize);
    const width = start.numFeatures;
    const inputs = new Float32Array(batch.length * width);
    batch.forEach((example, row) => {
      inputs.set(start.inputs.subarray(example * width, (example + 1) * width), row * width);
    });
    this.backward(inputs, batch);
    this.update();
    this.step += 1;
  }

  backward(inputs, batch) {
    const { start } = this;
    const passed = [inputs];  // what each layer got, after dropout
    const masks = [];
    const next = uniform(start.seed, 1, this.step);
    const drop = (made) => {
      const mask = Float32Array.from(made, () => (start.dropout && next() < start.dropout ? 0 : 1));
      masks.push(mask);
      const kept = start.dropout ? made.map((value, at) => fround(value * mask[at]) / (1 - start.dropout)) : made;
      passed.push(kept);
      return kept;
    };
    const outputs = this.forward(inputs, batch.length, drop);
    for (const arrays of this.gradients) for (const array of arrays) array.fill(0);
    let deltas = outputs.at(-1).map((z, row) => this.slope(z, start.targets[batch[row]], batch.length));
    for (let index = start.weights.length - 1; index >= 0; index--) {
      const layer = start.weights[index];
      const before = new Float64Array(batch.length * layer.inputs);
      for (let row = 0; row < batch.length; row++) {
        for (let j = 0; j < layer.outputs; j++) {
          const delta = deltas[row * layer.outputs + j];
          this.gradients[1][index][j] += delta;
          for (let i = 0, at = row * layer.inputs, w = j * layer.inputs; i < layer.inputs; i++) {
            this.gradients[0][index][w + i] += delta * passed[index][at + i];
            before[at + i] += delta * this.weights[index][w + i];
          }
        }
      }
      if (index) {
        const bend = BEND[start.activations[index - 1]];
        const scale = 1 / (1 - start.dropout);
        deltas = Float32Array.from(before, (value, at) => {
          return value * masks[index - 1][at] * scale * bend.slope(outputs[index - 1][at]);
        });
      }
    }
  }

  update() {
    const { start } = this;
    const rate = this.rate;
    const time = this.step + 1;
    const [correction1, correction2] = [1 - BETA1 ** time, Math.sqrt(1 - BETA2 ** time)];
    [this.weights, this.biases].forEach((arrays, kind) => arrays.forEach((values, index) => {
      const [gradient, first, second] = [this.gradients[kind][index], this.first[kind][index], this.second[kind][index]];
      for (let at = 0; at < values.length; at++) {
        let g = fround(gradient[at]);
        if (kind === 0) g = fround(fround(g + start.l1 * Math.sign(values[at])) + start.l2 * values[at]);
        if (start.optimizer === "adam") {
          first[at] += (g - first[at]) * (1 - BETA1);
          second[at] = fround(second[at] * BETA2) + (1 - BETA2) * g * g;
          const spread = fround(fround(Math.sqrt(second[at])) / correction2 + EPSILON);
          values[at] -= ((rate / correction1) * first[at]) / spread;
        } else if (start.optimizer === "momentum") {
          first[at] = fround(MOMENTUM * first[at]) + g;
          values[at] -= rate * first[at];
        } else {
          values[at] -= rate * g;
        }
      }
    }));
  }

  // Mean loss and share of right answers of the examples from `begin` to `end`; null where there are none.
  measure(begin, end) {
    const count = end - begin;
    if (count <= 0) return null;
    const width = this.start.numFeatures;
    const outputs = this.forward(this.start.inputs.subarray(begin * width, end * width), count).at(-1);
    let [loss, right] = [0, 0];
    for (let row = 0; row < count; row++) {
      const [z, target] = [outputs[row], this.start.targets[begin + row]];
      if (this.start.loss === "height") loss += (z - target) ** 2;
      else if (this.start.loss === "mse") loss += (sigmoid(z) - target) ** 2;
      else loss += Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z)));
      right += z > 0 === target > 0.5;
    }
    return { loss: loss / count, accuracy: right / count };
  }
}

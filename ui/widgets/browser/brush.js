// A brush over points of the plane: where the pointer is, and what painting or erasing there does to a list of points.

const PLANE = 3;  // points lie in [-PLANE, PLANE]
const [APART, ERASED] = [0.18, 0.25];

// [x1, x2] under the pointer, or null outside the sheet.
function placeOf(event, sheet) {
  const box = sheet.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width * 2 - 1) * PLANE;
  const y = (1 - (event.clientY - box.top) / box.height * 2) * PLANE;
  return Math.max(Math.abs(x), Math.abs(y)) > PLANE ? null : [x, y];
}

// The points [x1, x2, class] after the brush, with `target` as class or "erase"; the same list if nothing changed.
function brushed(points, [x, y], target, most) {
  const isNear = (reach) => ([a, b]) => Math.hypot(a - x, b - y) < reach;
  if (target === "erase") return points.some(isNear(ERASED)) ? points.filter((point) => !isNear(ERASED)(point)) : points;
  return points.length >= most || points.some(isNear(APART)) ? points : [...points, [x, y, target]];
}

const data = require("fs").readFileSync(0, "utf8").split(/\s+/).map(Number);
const n = data[0];
const m = data[1];
const streets = Array.from({ length: n + 1 }, () => []);
for (let k = 0; k < m; k++) {
  const a = data[2 + 3 * k];
  const b = data[3 + 3 * k];
  const w = data[4 + 3 * k];
  streets[a].push([b, w]);
  streets[b].push([a, w]);
}
const heap = [];
function push(item) {
  let i = heap.push(item) - 1;
  while (i > 0) {
    const up = (i - 1) >> 1;
    if (heap[up][0] <= heap[i][0]) break;
    [heap[up], heap[i]] = [heap[i], heap[up]];
    i = up;
  }
}
function pop() {
  const top = heap[0];
  const last = heap.pop();
  if (heap.length > 0) {
    heap[0] = last;
    let i = 0;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && heap[child][0] < heap[least][0]) least = child;
      if (least === i) break;
      [heap[least], heap[i]] = [heap[i], heap[least]];
      i = least;
    }
  }
  return top;
}
const best = new Array(n + 1).fill(-1);
push([0, 1]);
while (heap.length > 0) {
  const [length, place] = pop();
  if (best[place] >= 0) continue;
  best[place] = length;
  for (const [other, w] of streets[place]) if (best[other] < 0) push([length + w, other]);
}
console.log(best[n] < 0 ? "no way" : String(best[n]));

const { Worker } = require("node:worker_threads");
const [mode, ...numbers] = require("node:fs").readFileSync(0, "utf8").trim().split(/\s+/);

function crash() {
  null.x;
}

if (mode === "sum") console.log(numbers.map(Number).reduce((a, b) => a + b));
if (mode === "crash") crash();
if (mode === "loop") for (;;);
if (mode === "hog") for (const kept = []; ; ) kept.push(new Array(1 << 17).fill(kept.length));
if (mode === "flood") for (;;) require("node:fs").writeSync(1, "x".repeat(65536));
if (mode === "both") new Worker("require('node:worker_threads').parentPort.postMessage(42)", { eval: true }).on("message", (said) => console.log(said));

import { Worker } from "node:worker_threads";

const [mode, ...numbers]: string[] = require("node:fs").readFileSync(0, "utf8").trim().split(/\s+/);

function crash(): never {
  throw new RangeError("gone");
}

if (mode === "sum") console.log(numbers.map(Number).reduce((a, b) => a + b));
if (mode === "crash") crash();
if (mode === "loop") for (;;);
if (mode === "hog") for (const kept: number[][] = []; ; ) kept.push(new Array<number>(1 << 17).fill(kept.length));
if (mode === "flood") for (;;) require("node:fs").writeSync(1, "x".repeat(65536));
if (mode === "both") {
  const text = "require('node:worker_threads').parentPort.postMessage(42)";
  new Worker(text, { eval: true }).on("message", (said: number) => console.log(said));
}

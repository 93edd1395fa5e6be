// A Node that has started already: every run goes on in a copy of it, as if Node had been started for it.
//
//     node OPTION... --single-threaded --v8-pool-size=1 --require /slot/warm.js PROGRAM CHANNEL FILTER MODULE...
//
// It lives in a slot (see slot.c, and node.c, which it loads as a module) and never runs a program itself: the copies do, each
// in namespaces of its own that end with it. PROGRAM is the file that every run reads; it is not there before a copy is.
// Node reads this before PROGRAM, and goes on with that by itself once this file is through. Modules it does not have are passed over.
"use strict";

const OWN_OPTIONS = 4;

function main() {
  const [channel, filter, ...modules] = process.argv.slice(2);
  const slot = { exports: {} };
  process.dlopen(slot, "/slot/node.so");
  const { builtinModules } = require("module");
  modules.filter((name) => builtinModules.includes(name)).forEach((name) => require(name));
  const { setFlagsFromString } = require("v8");
  slot.exports.open(Number(channel), Number(filter));
  const program = slot.exports.next();
  // Math.random() begins there when it is first called.
  setFlagsFromString(`--random-seed=${slot.exports.seed()}`);
  process.argv.splice(2, Infinity, ...program.slice(1));
  process.execArgv.splice(-OWN_OPTIONS);
  replace(process, "_preload_modules", { value: [] });
  delete require.cache[__filename];
  // Forgets which folder this was before.
  process.chdir(".");
  replace(process, "pid", { value: slot.exports.pid() });
  beginClocks();
  shareNoOptions();
}

/** Count time from now, as a Node does from its start. */
function beginClocks() {
  const { performance, Performance } = require("perf_hooks");
  const began = performance.now();
  const { now } = Performance.prototype;
  const { uptime } = process;
  const origin = performance.timeOrigin + began;
  replace(Performance.prototype, "now", {
    value: function () {
      return now.call(this) - began;
    },
  });
  replace(Performance.prototype, "timeOrigin", { get: () => origin });
  process.uptime = () => uptime() - began / 1000;
}

/** Have workers not look for this file, which they would inherit and which no run can see. */
function shareNoOptions() {
  const threads = require("worker_threads");
  threads.Worker = class Worker extends threads.Worker {
    constructor(file, options) {
      super(file, { execArgv: [], ...options });
    }
  };
  require("module").syncBuiltinESMExports();
}

function replace(of, name, by) {
  Object.defineProperty(of, name, { ...Object.getOwnPropertyDescriptor(of, name), ...by });
}

main();

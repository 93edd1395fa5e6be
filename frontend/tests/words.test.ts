import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt } from "../src/work/attempt";
import { deliveryLook, measured, outcome, progressText, summary, verdict } from "../src/work/words";

const attempt = (more: Partial<Attempt>): Attempt => ({
  id: "1",
  attempt_number: 1,
  type: "final_submission",
  status: "completed",
  url: "/attempts/1",
  events_url: "/attempts/1/events",
  language: "python",
  created_at: "2026-11-02T10:00:00+00:00",
  points: null,
  maximum: null,
  compile_output: null,
  tests: [],
  hidden_summary: null,
  score_delivery: null,
  ...more,
});

test("hidden tests count in the summary although they are not shown", () => {
  const said = summary(
    attempt({ tests: [{ name: "a", status: "pass" }], hidden_summary: { passed: 2, total: 4 } }),
  );
  assert.deepEqual(said, { icon: "cross", tone: "fail", text: "3 of 5 tests passed" });
});

test("a run speaks of sample tests", () => {
  const tests = [
    { name: "a", status: "pass" },
    { name: "b", status: "pass" },
  ];
  assert.equal(summary(attempt({ type: "test_run", tests })).text, "All 2 sample tests passed");
});

test("a program that does not compile is told apart from wrong answers", () => {
  const tests = [{ name: "a", status: "compile_error" }];
  assert.equal(
    summary(attempt({ tests, compile_output: "main.cpp:1:1: error", compiles: false })).text,
    "The program does not compile",
  );
});

test("what is not released is handed in, and no verdict", () => {
  const said = attempt({
    compile_output: "main.cpp:1:1: warning",
    compiles: true,
    release_note: "Marks come.",
  });
  assert.deepEqual(summary(said), { icon: "check", tone: "quiet", text: "Handed in" });
  assert.equal(summary({ ...said, compiles: false }).text, "The program does not compile");
});

test("warnings of the compiler do not make a failure of a pass", () => {
  const tests = [{ name: "a", status: "pass" }];
  assert.equal(summary(attempt({ tests, compile_output: "main.cpp:1:1: warning" })).tone, "pass");
});

test("an attempt that we could not judge is not called wrong", () => {
  assert.equal(summary(attempt({ status: "error" })).tone, "warn");
});

test("the queue is told in words", () => {
  const queued = (queue_position: number | null): string =>
    progressText({ status: "queued", queue_position, tests_done: 0, tests_total: 0 });
  assert.equal(queued(0), "Next in line");
  assert.equal(queued(1), "Waiting: 1 program before yours");
  assert.equal(queued(12), "Waiting: 12 programs before yours");
  assert.equal(queued(null), "Waiting for its turn");
});

test("the wait is told in round figures, where somebody can say", () => {
  const waiting = (wait_seconds: number | null): string =>
    progressText({ status: "queued", queue_position: 5, wait_seconds, tests_done: 0, tests_total: 0 });
  assert.equal(waiting(null), "Waiting: 5 programs before yours");
  assert.equal(waiting(4), "Waiting: 5 programs before yours, a few seconds");
  assert.equal(waiting(33), "Waiting: 5 programs before yours, about 40 s");
  assert.equal(waiting(91), "Waiting: 5 programs before yours, about 2 min");
});

test("who waits is told where nothing is judged at all", () => {
  const still = { status: "queued", queue_position: 0, stands_still: true, tests_done: 0, tests_total: 0 };
  assert.match(progressText(still), /^Nothing is being judged just now\. Your program is kept/);
});

test("progress is counted in tests", () => {
  const progress = { status: "processing", queue_position: null, tests_done: 3, tests_total: 10 };
  assert.equal(progressText(progress), "3 of 10 tests done");
});

test("only a score that was read back looks settled and good", () => {
  assert.equal(deliveryLook("verified").tone, "pass");
  for (const state of ["pending", "sending", "sent"]) assert.equal(deliveryLook(state).tone, "quiet");
});

test("every verdict has an icon and words of its own", () => {
  const known = [
    "pass",
    "fail",
    "timeout",
    "memory",
    "output_limit",
    "runtime_error",
    "compile_error",
    "skipped",
    "judge_error",
  ];
  assert.equal(new Set(known.map((status) => verdict(status).text)).size, known.length);
});

test("measurements are short", () => {
  assert.equal(measured({ name: "a", status: "pass", time_ms: 17, memory_kb: 4096 }), "17 ms · 4 MB");
  assert.equal(measured({ name: "a", status: "pass", time_ms: 2150, memory_kb: null }), "2.1 s");
});

test("a test that compares no output has failed, and has no wrong answer", () => {
  assert.equal(outcome({ name: "a", status: "fail", expected: null }).text, "Failed");
  assert.equal(outcome({ name: "a", status: "fail", expected: "1" }).text, "Wrong answer");
  assert.equal(measured({ name: "Style", status: "fail", time_ms: 0, memory_kb: 0 }), "");
});

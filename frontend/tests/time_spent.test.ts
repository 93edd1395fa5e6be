import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeSpent } from "../src/work/time_spent";

test("nothing counts before anything is done on the page", () => {
  assert.equal(new TimeSpent(0, true).take(60_000), 0);
});

test("time counts from the first key, for two minutes after the last", () => {
  const time = new TimeSpent(0, true);
  time.used(10_000);
  assert.equal(time.take(40_000), 30);
  assert.equal(time.take(400_000), 90);
  assert.equal(time.take(500_000), 0);
});

test("coming back after a break does not count the break", () => {
  const time = new TimeSpent(0, true);
  time.used(0);
  time.used(1_000_000);
  assert.equal(time.take(1_010_000), 120 + 10);
});

test("a hidden page does not count", () => {
  const time = new TimeSpent(0, true);
  time.used(0);
  time.visibilityChanged(20_000, false);
  time.visibilityChanged(50_000, true);
  assert.equal(time.take(60_000), 30);
});

test("parts of a second are carried on", () => {
  const time = new TimeSpent(0, true);
  time.used(0);
  assert.equal(time.take(1500), 1);
  assert.equal(time.take(3000), 2);
});

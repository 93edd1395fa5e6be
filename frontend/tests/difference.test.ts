import assert from "node:assert/strict";
import { test } from "node:test";
import { difference, type Stretch } from "../src/shared/difference";

const marked = (stretches: readonly Stretch[]): string[] =>
  stretches.filter((stretch) => stretch.differs).map((stretch) => stretch.text);
const whole = (stretches: readonly Stretch[]): string => stretches.map((stretch) => stretch.text).join("");

test("equal outputs have no mark", () => {
  const found = difference("1 2\n3\n", "1 2\n3");
  assert.equal(found.line, null);
  assert.deepEqual([...marked(found.expected), ...marked(found.output)], []);
});

test("only the words that differ are marked, and the first line is named", () => {
  const found = difference("1 2 3\n4 5 6", "1 2 3\n4 50 6");
  assert.equal(found.line, 2);
  assert.deepEqual(marked(found.expected), ["5"]);
  assert.deepEqual(marked(found.output), ["50"]);
});

test("space between words is no difference, as for the graders", () => {
  assert.equal(difference("a b", "a   b ").line, null);
});

test("lines that one of them lacks are marked whole", () => {
  const found = difference("a\nb\nc", "a");
  assert.deepEqual(marked(found.expected), ["b", "c"]);
  assert.equal(found.line, 2);
});

test("an output of nothing marks everything that was expected", () => {
  const found = difference("3\n", "");
  assert.deepEqual(marked(found.expected), ["3"]);
  assert.equal(whole(found.output), "");
});

test("the stretches put together are the texts again, less the last line's end", () => {
  const found = difference("x  y\n\nz\n", "x q\nr\n");
  assert.equal(whole(found.expected), "x  y\n\nz");
  assert.equal(whole(found.output), "x q\nr");
});

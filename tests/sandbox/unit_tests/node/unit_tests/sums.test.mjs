import assert from "node:assert/strict";
import test, { describe, it } from "node:test";
import { add, mean } from "./sums.mjs";

test("adds", () => assert.equal(add(1, 2), 3));

describe("mean (of numbers)", () => {
  it("of some", () => assert.equal(mean([1, 2, 3]), 2));
  it("of one", async () => assert.equal(mean([4]), 4));
});

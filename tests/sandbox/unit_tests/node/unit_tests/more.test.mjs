import assert from "node:assert/strict";
import test from "node:test";
import { mean } from "./sums.mjs";

test("nothing has no mean", () => assert.throws(() => mean([]), RangeError));

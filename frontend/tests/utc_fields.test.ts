import assert from "node:assert/strict";
import { test } from "node:test";
import { localOf, utcOf } from "../src/pages/utc_fields";

process.env["TZ"] = "America/New_York";

test("a time goes to UTC and back, on both sides of a change of the clocks", () => {
  for (const moment of ["2026-07-01T23:59", "2026-12-05T18:00", "2026-10-25T12:30"]) {
    assert.equal(localOf(utcOf(moment)), moment);
  }
});

test("what is sent is UTC", () => {
  assert.equal(utcOf("2026-12-05T18:00"), "2026-12-05T23:00");
  assert.equal(localOf("2026-07-01T03:30"), "2026-06-30T23:30");
});

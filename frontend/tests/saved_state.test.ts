import assert from "node:assert/strict";
import { test } from "node:test";
import { savedState } from "../src/work/saved_state";
import { next, opened, type Happening, type Saving } from "../src/work/saving";

const clock = (iso: string): string => iso.slice(11, 16);
const old = { code: "old", language: "python" };
const fresh = (): Saving => opened(old, old, 3, "2026-11-02T12:03:00+00:00");
const edit: Happening = { type: "edited", text: { code: "new", language: "python" }, now: 0 };
const sending: Happening = { type: "sending", saveId: "one" };
const said = (state: Saving, kept = true): string => savedState(state, kept, clock).text;
const run = (...happenings: Happening[]): Saving => happenings.reduce(next, fresh());

test("a text that the server holds is called saved, with the server's time", () => {
  assert.equal(said(fresh()), "Saved 12:03");
});

test("one more letter and it is not called saved any more", () => {
  assert.equal(said(run(edit)), "Unsaved changes");
});

test("a letter typed while an older text is on its way is not called saved when that arrives", () => {
  const state = run(
    edit,
    sending,
    { type: "edited", text: { code: "newer", language: "python" }, now: 5 },
    { type: "acknowledged", saveId: "one", revision: 4, savedAt: "2026-11-02T12:04:00+00:00", now: 9 },
  );
  assert.equal(said(state), "Unsaved changes");
});

test("counting time on a saved text does not make it look unsaved", () => {
  assert.equal(said(run({ type: "worked", seconds: 70 }, sending)), "Saved 12:03");
});

test("a starter that nobody touched is neither saved nor unsaved", () => {
  assert.equal(said(opened(old, null, 0, null)), "Nothing to save yet");
});

test("offline it says kept in this browser only where this browser keeps it", () => {
  const state = run(edit, sending, { type: "unanswered", saveId: "one", now: 0, server: false });
  assert.equal(said(state, true), "Offline – kept in this browser");
  assert.equal(said(state, false), "Offline – not saved: keep this page open");
});

test("a server in trouble is not called offline", () => {
  const state = run(edit, sending, { type: "unanswered", saveId: "one", now: 0, server: true });
  assert.equal(said(state), "Server not reached – kept in this browser");
});

test("an ended session says that the text is kept", () => {
  const state = run(edit, sending, { type: "stopped", reason: "ended", message: "" });
  assert.equal(said(state), "Session ended – kept in this browser");
});

test("two versions are never called saved", () => {
  const theirs = { code: "theirs", language: "python", revision: 9, saved_at: "2026-11-02T12:05:00+00:00" };
  assert.equal(
    said(run(edit, sending, { type: "stale", saveId: "one", theirs })),
    "Not saved – two versions",
  );
});

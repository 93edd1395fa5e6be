import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  backOff,
  dueAt,
  isOwed,
  isSaved,
  next,
  opened,
  type Happening,
  type Saving,
} from "../src/work/saving";
import type { ServerDraft, Text } from "../src/work/texts";

const PACE = { pause: 2000, longest: 30_000, workedSeconds: 60 };
const text = (code: string, language = "python"): Text => ({ code, language });
const draft = (code: string, revision: number, language = "python"): ServerDraft => ({
  code,
  language,
  revision,
  saved_at: "2026-11-02T10:00:00+00:00",
});
const run = (state: Saving, ...happenings: Happening[]): Saving => happenings.reduce(next, state);
const edit = (code: string, now: number, language = "python"): Happening => ({
  type: "edited",
  text: text(code, language),
  now,
});
const ack = (saveId: string, revision: number, now: number): Happening => ({
  type: "acknowledged",
  saveId,
  revision,
  savedAt: "2026-11-02T10:00:05+00:00",
  now,
});
const fresh = (): Saving => opened(text("old"), text("old"), 3, "2026-11-02T09:59:00+00:00");

describe("when a save is sent", () => {
  test("a page that was only opened owes nothing and sends nothing", () => {
    const starter = opened(text("starter"), null, 0, null);
    assert.equal(isOwed(starter), false);
    assert.equal(dueAt(starter, 100, PACE), null);
  });

  test("a change is sent two seconds after the last key", () => {
    const state = run(fresh(), edit("a", 1000), edit("ab", 1500));
    assert.equal(dueAt(state, 1600, PACE), 3500);
  });

  test("somebody who never stops typing is saved after thirty seconds all the same", () => {
    let state = fresh();
    for (let now = 1000; now <= 30_000; now += 1000) state = next(state, edit(`text ${now}`, now));
    assert.equal(dueAt(state, 30_000, PACE), 31_000);
  });

  test("nothing is sent while a save is under way, and the rest right after it", () => {
    let state = run(fresh(), edit("a", 0), { type: "sending", saveId: "one" }, edit("ab", 2100));
    assert.equal(dueAt(state, 9000, PACE), null);
    state = next(state, ack("one", 4, 9000));
    assert.equal(isSaved(state), false);
    assert.equal(dueAt(state, 9000, PACE), 4100);
  });

  test("time alone is worth a save after a minute, but not before there is a draft", () => {
    const worked: Happening = { type: "worked", seconds: 61 };
    assert.equal(dueAt(next(fresh(), worked), 500, PACE), 500);
    assert.equal(dueAt(next(opened(text("starter"), null, 0, null), worked), 500, PACE), null);
  });

  test("seconds that rode along are not counted twice", () => {
    const state = run(
      fresh(),
      { type: "worked", seconds: 7 },
      edit("a", 0),
      { type: "sending", saveId: "one" },
      { type: "worked", seconds: 5 },
      ack("one", 4, 3000),
    );
    assert.equal(state.seconds, 5);
  });
});

describe("what an acknowledgement means", () => {
  test("only the text that was sent is saved, not what was typed since", () => {
    const state = run(
      fresh(),
      edit("a", 0),
      { type: "sending", saveId: "one" },
      edit("ab", 10),
      ack("one", 4, 50),
    );
    assert.equal(isSaved(state), false);
    assert.deepEqual(state.acked, text("a"));
    assert.equal(state.revision, 4);
  });

  test("an answer to another save changes nothing", () => {
    const before = run(fresh(), edit("a", 0), { type: "sending", saveId: "one" });
    assert.equal(next(before, ack("someone-else", 9, 50)), before);
  });
});

describe("a server that does not answer", () => {
  test("the same save is repeated unchanged under the same id, however much was typed since", () => {
    const state = run(
      fresh(),
      edit("a", 0),
      { type: "sending", saveId: "one" },
      { type: "unanswered", saveId: "one", now: 100, server: false },
      edit("ab", 200),
      { type: "sending", saveId: "two" },
    );
    assert.equal(state.flight?.saveId, "one");
    assert.deepEqual(state.flight?.text, text("a"));
    assert.equal(state.flight?.tries, 2);
  });

  test("the pauses grow, and never beyond half a minute", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 99].map(backOff),
      [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000],
    );
  });

  test("a server that names a longer time is obeyed", () => {
    const state = run(
      fresh(),
      edit("a", 0),
      { type: "sending", saveId: "one" },
      { type: "unanswered", saveId: "one", now: 100, server: true, after: 12_000 },
    );
    assert.equal(dueAt(state, 100, PACE), 12_100);
  });
});

describe("a newer revision on the server", () => {
  const sent = (): Saving => run(fresh(), edit("mine", 0), { type: "sending", saveId: "one" });

  test("with another text it stops saving until somebody chooses", () => {
    const state = next(sent(), { type: "stale", saveId: "one", theirs: draft("theirs", 8) });
    assert.equal(state.hold.kind, "conflict");
    assert.equal(dueAt(next(state, edit("mine, more", 50)), 99_999, PACE), null);
  });

  test("choosing mine saves it on top of theirs", () => {
    const state = run(
      sent(),
      { type: "stale", saveId: "one", theirs: draft("theirs", 8) },
      { type: "chosen", which: "mine" },
    );
    assert.deepEqual(state.current, text("mine"));
    assert.equal(dueAt(state, 70, PACE), 70);
    assert.equal(next(state, { type: "sending", saveId: "two" }).flight?.base, 8);
  });

  test("choosing theirs shows theirs, and there is nothing to save", () => {
    const state = run(
      sent(),
      { type: "stale", saveId: "one", theirs: draft("theirs", 8) },
      { type: "chosen", which: "theirs" },
    );
    assert.deepEqual(state.current, text("theirs"));
    assert.equal(isSaved(state), true);
    assert.equal(state.revision, 8);
  });

  test("with the very text that we sent it was our own write, whose answer got lost", () => {
    const state = next(sent(), { type: "stale", saveId: "one", theirs: draft("mine", 4) });
    assert.equal(state.hold.kind, "none");
    assert.equal(isSaved(state), true);
    assert.equal(state.revision, 4);
  });

  test("with the text that ours builds on, only the number has risen and nobody is asked", () => {
    const state = next(sent(), { type: "stale", saveId: "one", theirs: draft("old", 7) });
    assert.equal(state.hold.kind, "none");
    assert.equal(state.revision, 7);
    assert.equal(dueAt(state, 60, PACE), 60);
  });
});

describe("changing the language", () => {
  test("saves what was not saved of the old one first, then the new one", () => {
    let state = run(fresh(), edit("print(1)", 0), {
      type: "language_changed",
      text: text("int main", "cpp"),
      now: 10,
    });
    state = next(state, { type: "sending", saveId: "one" });
    assert.deepEqual(state.flight?.text, text("print(1)"));
    state = run(state, ack("one", 4, 20), { type: "sending", saveId: "two" });
    assert.deepEqual(state.flight?.text, text("int main", "cpp"));
    assert.equal(state.flight?.base, 4);
    assert.equal(isSaved(next(state, ack("two", 5, 40))), true);
  });

  test("there and back keeps only the latest text of each language waiting", () => {
    const state = run(
      fresh(),
      edit("p1", 0),
      { type: "language_changed", text: text("c1", "cpp"), now: 10 },
      { type: "language_changed", text: text("p1"), now: 20 },
      edit("p2", 30),
      { type: "language_changed", text: text("c1", "cpp"), now: 40 },
    );
    assert.deepEqual(state.waiting, [text("c1", "cpp"), text("p2")]);
  });
});

describe("refusals", () => {
  test("a text that is too large waits for an edit", () => {
    let state = run(
      fresh(),
      edit("large", 0),
      { type: "sending", saveId: "one" },
      { type: "refused", saveId: "one", message: "too large" },
    );
    assert.equal(dueAt(state, 99_999, PACE), null);
    state = next(state, edit("small", 100_000));
    assert.equal(state.hold.kind, "none");
    const due = dueAt(state, 100_000, PACE);
    assert.ok(due !== null && due <= 102_000);
  });

  test("after an ended session comes back, the save goes on as it was", () => {
    const ended = run(
      fresh(),
      edit("a", 0),
      { type: "sending", saveId: "one" },
      { type: "stopped", reason: "ended", message: "over" },
    );
    assert.equal(dueAt(ended, 99_999, PACE), null);
    const back = run(ended, { type: "resumed" }, { type: "sending", saveId: "two" });
    assert.equal(back.flight?.saveId, "one");
  });

  test("a session that ended before anything was sent goes on with what is on the page", () => {
    const back = run(
      fresh(),
      edit("a", 0),
      { type: "stopped", reason: "ended", message: "over" },
      edit("ab", 10),
      { type: "resumed" },
    );
    assert.equal(dueAt(back, 20, PACE), 20);
  });

  test("a closed assignment takes nothing more and is not asked again", () => {
    const state = run(
      fresh(),
      edit("a", 0),
      { type: "sending", saveId: "one" },
      { type: "stopped", reason: "closed", message: "closed" },
      { type: "resumed" },
    );
    assert.equal(state.hold.kind, "closed");
    assert.equal(dueAt(state, 99_999, PACE), null);
  });
});

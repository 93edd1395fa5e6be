import assert from "node:assert/strict";
import { test } from "node:test";
import { reconcile, type LocalCopy } from "../src/work/reconcile";
import type { ServerDraft } from "../src/work/texts";

const server: ServerDraft = {
  code: "server",
  language: "python",
  revision: 5,
  saved_at: "2026-11-02T10:00:00+00:00",
};
const copy = (code: string, base: number, more: Partial<LocalCopy> = {}): LocalCopy => ({
  key: `copy:${code}`,
  code,
  language: "python",
  base,
  underWay: null,
  waiting: [],
  editedAt: 1000,
  ...more,
});

test("without a copy the server's draft is shown", () => {
  assert.deepEqual(reconcile(server, []), { opening: { kind: "server" }, left: [] });
});

test("a copy that says the same as the server is no news", () => {
  assert.equal(reconcile(server, [copy("server", 2)]).opening.kind, "server");
});

test("a copy that builds on the server's revision comes back without a question", () => {
  assert.equal(reconcile(server, [copy("typed and closed", 5)]).opening.kind, "restore");
});

test("a copy of a page that never reached the server comes back without a question", () => {
  assert.equal(reconcile(null, [copy("first words", 0)]).opening.kind, "restore");
});

test("a copy whose last save arrived although nobody heard of it comes back without a question", () => {
  const underWay = { code: "server", language: "python" };
  assert.equal(reconcile(server, [copy("server and more", 4, { underWay })]).opening.kind, "restore");
});

test("a copy that is older than another device's save is a question", () => {
  assert.equal(reconcile(server, [copy("mine", 4)]).opening.kind, "choose");
});

test("the same code in another language is another text", () => {
  assert.equal(reconcile(server, [copy("server", 4, { language: "cpp" })]).opening.kind, "choose");
});

test("a copy that is ahead of the server comes back: the server has lost something", () => {
  assert.equal(reconcile(server, [copy("acknowledged once", 9)]).opening.kind, "restore");
});

test("of several copies the newest is shown and the others are kept", () => {
  const found = reconcile(server, [copy("older", 5, { editedAt: 1 }), copy("newer", 5, { editedAt: 2 })]);
  assert.equal(found.opening.kind === "restore" && found.opening.copy.code, "newer");
  assert.deepEqual(
    found.left.map((one) => one.code),
    ["older"],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { unzipSync, strFromU8 } from "fflate";
import type { AnswerFiles } from "../src/work/config";
import { Answer, begun, readFiles, sizeOf, sizeText, type Content } from "../src/work/files/answer";
import { archive } from "../src/work/files/download";
import { sortIncoming, takeIn } from "../src/work/files/intake";
import { objection } from "../src/work/files/names";
import { partsOf } from "../src/work/files/parts";
import { room } from "../src/work/files/room";
import { broughtIn } from "../src/work/files/words";
import { extent } from "../src/work/texts";

const RULES: AnswerFiles = {
  most: 4,
  required: [],
  endings: [],
  main: null,
  usual: { java: "Main.java", python: "main.py" },
  given: ["numbers.csv", "lib.py"],
};

test("equal answers are equal texts, as the server writes them", () => {
  const answer = new Answer(
    new Map<string, Content>([
      ["é.txt", 'a"b\n\u2028'],
      ["10", "ten"],
      ["2", { base64: "AAE=" }],
      ["__proto__", "x"],
    ]),
  );
  const text = '{"files":{"10":"ten","2":{"base64":"AAE="},"__proto__":"x","é.txt":"a\\"b\\n\u2028"}}';
  assert.equal(answer.text, text);
  assert.equal(answer.bytes, new TextEncoder().encode(text).length);
  assert.equal(new Answer(readFiles(text, "x")).text, text);
  answer.put("10", "more");
  answer.remove("2");
  assert.equal(answer.text, '{"files":{"10":"more","__proto__":"x","é.txt":"a\\"b\\n\u2028"}}');
});

test("what is no answer of several files is a file of the usual name, whatever it looks like", () => {
  for (const text of [
    "print(1)",
    "{",
    '{"files":3}',
    '{"files":{"a":1}}',
    '{"files":{},"more":1}',
    '{"files":null}',
  ])
    assert.deepEqual([...readFiles(text, "main.py")], [["main.py", text]]);
  assert.deepEqual([...readFiles('{"files":{}}', "main.py")], []);
});

test("a student begins with what the problem needs, and goes on with what there is", () => {
  const rules = { ...RULES, required: ["Stack.java"], main: "Main.java" };
  assert.deepEqual(begun("", "java", rules).names, ["Main.java", "Stack.java"]);
  assert.equal(begun("class Main {}", "java", rules).get("Main.java"), "class Main {}");
  assert.deepEqual(begun("", "python", RULES).names, ["main.py"]);
  assert.deepEqual(begun('{"files":{"x.py":"1"}}', "python", RULES).names, ["x.py"]);
  assert.deepEqual(begun("", "python", { ...RULES, given: ["main.py"] }).names, []);
});

test("a name that cannot be used is refused with what to do", () => {
  const present = ["src/Main.java", "Stack.java"];
  const said = (name: string, rules = RULES): string => objection(name, present, rules) ?? "";
  for (const good of ["a", "Übung 1.txt", "src/Stack.java", "a/b/c/d/e/f/g/h", "_x+y-z.py"])
    assert.equal(said(good), "", good);
  assert.match(said(""), /Give/);
  assert.match(said("src\\A.java"), /Put \/ between/);
  for (const name of ["/a", "a/", "a//b"]) assert.match(said(name), /Leave out the \//);
  for (const name of ["../a", ".git", "a/.b", "-x", "a:b", "a\nb", "con?"])
    assert.match(said(name), /cannot be used/);
  assert.match(said("a/b/c/d/e/f/g/h/i"), /fewer folders/);
  assert.match(said("x".repeat(101)), /shorter/);
  assert.match(said("stack.java"), /capital letters only/);
  assert.match(said("Stack.java"), /there already/);
  assert.match(said("LIB.py"), /given with the problem/);
  assert.match(said("src"), /folder of this name/);
  assert.match(said("Stack.java/a"), /is a file/);
  assert.match(said("a.txt", { ...RULES, endings: [".java", ".kt"] }), /end in .java or .kt/);
});

test("what comes in is sorted by what is there, and taken while there is room", () => {
  const answer = new Answer(
    new Map([
      ["a.py", "1"],
      ["b.py", "2"],
    ]),
  );
  const incoming = new Map([
    ["a.py", "1"],
    ["b.py", "3"],
    ["c.py", "4"],
    ["C.py", "5"],
    [".hidden", "6"],
  ]);
  const sorted = sortIncoming(incoming, answer, RULES);
  assert.deepEqual([...sorted.fresh.keys()], ["c.py"]);
  assert.deepEqual([...sorted.clashing.keys()], ["b.py"]);
  assert.deepEqual(sorted.same, ["a.py"]);
  assert.deepEqual(
    sorted.leftOut.map(({ name }) => name),
    ["C.py", ".hidden"],
  );

  const most = answer.bytes + 120;
  const many = new Map([
    ["b.py", "x".repeat(500)],
    ["c.py", "4"],
    ["d.py", "4"],
    ["e.py", "4"],
  ]);
  const { taken, leftOut } = takeIn(many, answer, RULES, most);
  assert.deepEqual(taken, ["c.py", "d.py"]);
  assert.equal(answer.get("b.py"), "2");
  assert.match(leftOut[0]?.why ?? "", /too large/);
  assert.match(leftOut[1]?.why ?? "", /4 files/);
});

test("one reason is said once, and many files are not all named", () => {
  const out = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => ({ name, why: "compiled" }));
  const told = broughtIn(["x.py"], [], out);
  assert.equal(told.title, "x.py is here now.");
  assert.equal(told.message, "Left out: a, b, c, d, e, f and 2 more. Compiled.");
  assert.equal(broughtIn([], ["x.py"], []).message, "x.py was here already, just so.");
});

test("people read files under their names", () => {
  const parts = partsOf('{"files":{"b.png":{"base64":"AAEC"},"a.py":"1\\n2"}}', "");
  assert.deepEqual(parts, [
    { name: "a.py", text: "1\n2" },
    { name: "b.png", text: "(3 B, not a text)" },
  ]);
  assert.equal(extent(parts), "2 files, 3 lines");
  assert.equal(extent([{ name: null, text: "1" }]), "1 line");
  assert.equal(sizeOf({ base64: "AA==" }), 1);
  assert.equal(sizeText(1025), "2 KB");
});

test("room is told once it gets scarce", () => {
  assert.equal(room(700, 1000), null);
  assert.equal(room(900, 1000)?.tone, "warn");
  assert.match(room(1100, 1000)?.text ?? "", /too large by 100 B/);
});

test("an archive holds the files as they are", () => {
  const unpacked = unzipSync(
    archive(
      new Map<string, Content>([
        ["src/é.txt", "ü"],
        ["b", { base64: "AP8=" }],
      ]),
    ),
  );
  assert.equal(strFromU8(unpacked["src/é.txt"] ?? new Uint8Array()), "ü");
  assert.deepEqual([...(unpacked["b"] ?? [])], [0, 255]);
});

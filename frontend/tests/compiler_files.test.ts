import assert from "node:assert/strict";
import { test } from "node:test";
import { messagesIn, piecesIn } from "../src/work/compiler_files";

const NAMES = [
  "src/Main.java",
  "src/Stack.java",
  "lib/stack.py",
  "stack.rs",
  "Stack.hs",
  "Stack.cs",
  "tools.sh",
];

/** What each says here, and the file, the line, the column, the severity and the message that are found in it. */
const SAID: readonly [string, string, string, number, number | null, string, string][] = [
  [
    "javac",
    "src/Stack.java:3: error: ';' expected\n  int a",
    "src/Stack.java",
    3,
    null,
    "error",
    "';' expected",
  ],
  ["gcc", "./stack.rs:3:5: warning: unused", "stack.rs", 3, 5, "warning", "unused"],
  [
    "rustc",
    "error[E0308]: mismatched types\n --> stack.rs:7:9",
    "stack.rs",
    7,
    9,
    "error",
    "mismatched types",
  ],
  ["ghc", "Stack.hs:3:5: error: [GHC-1]\n    Not in scope: x", "Stack.hs", 3, 5, "error", "[GHC-1]"],
  ["mcs", "Stack.cs(3,13): error CS1525: Unexpected", "Stack.cs", 3, 13, "error", "Unexpected"],
  ["bash", "tools.sh: line 3: oops", "tools.sh", 3, null, "error", "tools.sh: line 3: oops"],
  [
    "Python",
    '  File "/program/lib/stack.py", line 4\n    x =\n       ^\nSyntaxError: invalid syntax',
    "lib/stack.py",
    4,
    null,
    "error",
    "SyntaxError: invalid syntax",
  ],
];

for (const [who, output, file, line, column, severity, message] of SAID) {
  test(`${who} names a file and a line`, () => {
    assert.deepEqual(messagesIn(NAMES, output), [{ file, line, column, severity, message }]);
  });
}

test("a stack trace without folders leads to the one file of that name", () => {
  const trace = "Exception in thread\n\tat Stack.pop(Stack.java:12)\n\tat java.base/java.util.A.b(A.java:3)";
  const pieces = piecesIn(NAMES, trace);
  assert.deepEqual(pieces[1], {
    text: "\tat Stack.pop(Stack.java:12)",
    file: "src/Stack.java",
    line: 12,
    column: null,
  });
  assert.equal(pieces[2]?.line, null);
  assert.equal(piecesIn(["a/x.py", "b/x.py"], "x.py:3: no")[0]?.line, null);
});

test("a file of the problem is nobody's place", () => {
  for (const text of [
    "given/Main.java:3: error",
    "MyStack.java:3: error",
    "Stack.javax:3",
    "Stack.java: oops",
  ])
    assert.equal(piecesIn(["Main.java", "Stack.java"], text)[0]?.line, null, text);
  assert.equal(piecesIn([], "Main.java:3: error")[0]?.line, null);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { compilerMessages, compilerPieces } from "../src/work/compiler";

test("g++ names line, column and severity", () => {
  const output =
    "main.cpp: In function 'int main()':\nmain.cpp:3:5: error: 'x' was not declared\n    3 |     x = 1;\nmain.cpp:9:1: warning: no return";
  assert.deepEqual(compilerMessages(output), [
    { line: 3, column: 5, severity: "error", message: "'x' was not declared" },
    { line: 9, column: 1, severity: "warning", message: "no return" },
  ]);
});

test("javac names the line, whatever the file is called", () => {
  const output = "Solution.java:7: error: ';' expected\n        int a = 1\n                 ^\n1 error";
  assert.deepEqual(compilerMessages(output), [
    { line: 7, column: null, severity: "error", message: "';' expected" },
  ]);
});

test("Python's line comes with the error that is named below it", () => {
  const output =
    'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n  File "main.py", line 4\n    print(\n         ^\nSyntaxError: \'(\' was never closed';
  assert.deepEqual(compilerMessages(output), [
    { line: 4, column: null, severity: "error", message: "SyntaxError: '(' was never closed" },
  ]);
});

test("Node's line comes with the error that is named below it", () => {
  const output = "/box/main.js:2\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token ';'";
  assert.deepEqual(compilerMessages(output), [
    { line: 2, column: null, severity: "error", message: "SyntaxError: Unexpected token ';'" },
  ]);
});

/** What each compiler says here, and the line, the column and the message that are found in it. */
const OTHERS: readonly [string, string, number, number | null, string][] = [
  [
    "bash",
    "main.sh: line 3: syntax error near unexpected token `then'\nmain.sh: line 3: `if then'",
    3,
    null,
    "syntax error near unexpected token `then'",
  ],
  [
    "mcs",
    "main.cs(3,13): error CS1525: Unexpected symbol `;'\nCompilation failed: 1 error(s), 0 warnings",
    3,
    13,
    "Unexpected symbol `;'",
  ],
  [
    "tsc",
    "main.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
    3,
    7,
    "Type 'string' is not assignable to type 'number'.",
  ],
  [
    "fpc",
    'main.pas(3,12) Error: Identifier not found "undeclared"',
    3,
    12,
    'Identifier not found "undeclared"',
  ],
  ["go", "# command-line-arguments\n./main.go:3:2: undefined: undeclared", 3, 2, "undefined: undeclared"],
  [
    "ghc",
    "\nmain.hs:3:3: error: Variable not in scope: undeclared :: IO ()",
    3,
    3,
    "Variable not in scope: undeclared :: IO ()",
  ],
  [
    "kotlinc",
    "main.kt:3:5: error: unresolved reference: undeclared",
    3,
    5,
    "unresolved reference: undeclared",
  ],
  [
    "rustc",
    "error[E0425]: cannot find function `undeclared` in this scope\n --> main.rs:3:5\n  |",
    3,
    5,
    "cannot find function `undeclared` in this scope",
  ],
  ["luac", "/usr/bin/luac5.4: main.lua:3: <name> expected near '='", 3, null, "<name> expected near '='"],
  [
    "perl",
    'syntax error at main.pl line 3, near "= ="\nmain.pl had compilation errors.',
    3,
    null,
    "syntax error",
  ],
  [
    "php",
    'Parse error: syntax error, unexpected token "=" in main.php on line 3',
    3,
    null,
    'syntax error, unexpected token "="',
  ],
  ["ruby", "main.rb:3: syntax error, unexpected '='", 3, null, "syntax error, unexpected '='"],
  [
    "R",
    'Error in parse("main.R", encoding = "UTF-8") : \n  main.R:3:6: unexpected assignment',
    3,
    null,
    "unexpected assignment",
  ],
  ["octave", "error: parse error near line 3 of file main.m\n\n  syntax error", 3, null, "parse error"],
  ["sqlite", "Parse error near line 3: no such column: c", 3, null, "no such column: c"],
];
for (const [tool, output, line, column, message] of OTHERS) {
  test(`${tool} names the line`, () => {
    assert.deepEqual(compilerMessages(output)[0], { line, column, severity: "error", message });
  });
}

test("words that only look like places are left alone", () => {
  assert.deepEqual(compilerMessages("cc1plus: some warnings\n12:30 is a time\nsee foo.txt:3: there"), []);
});

test("the pieces put together are the output again", () => {
  const output = "main.cpp:3:5: error: x\n  note\n";
  const pieces = compilerPieces(output);
  assert.equal(pieces.map((piece) => piece.text).join("\n"), output);
  assert.deepEqual(pieces[0], { text: "main.cpp:3:5: error: x", line: 3, column: 5 });
});

test("what looks at style names a place and a rule, in any language", () => {
  const output =
    "On style:\nsums.py:3:1: warning: `os` imported but unused [F401]\nMain.java:4:52: warning: Only one statement [One]";
  assert.deepEqual(compilerMessages(output), [
    { line: 3, column: 1, severity: "warning", message: "`os` imported but unused [F401]" },
    { line: 4, column: 52, severity: "warning", message: "Only one statement [One]" },
  ]);
});

test("a failed unit test leads to the answer's lines, and never to those of the test", () => {
  const output =
    "ValueError: none\ntest_sums.py, line 5: assert add(1, 2) == 3\nsums.py:7: return mean([])\nsums.mjs:2:9: in add";
  assert.deepEqual(
    compilerMessages(output).map((one) => one.line),
    [7, 2],
  );
  assert.deepEqual(compilerMessages("test.cpp:3:1: error: no\ntemplate.py:4: x"), []);
});

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

test("words that only look like places are left alone", () => {
  assert.deepEqual(compilerMessages("cc1plus: some warnings\n12:30 is a time\nsee foo.txt:3: there"), []);
});

test("the pieces put together are the output again", () => {
  const output = "main.cpp:3:5: error: x\n  note\n";
  const pieces = compilerPieces(output);
  assert.equal(pieces.map((piece) => piece.text).join("\n"), output);
  assert.deepEqual(pieces[0], { text: "main.cpp:3:5: error: x", line: 3, column: 5 });
});

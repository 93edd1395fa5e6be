/** Finds the lines that a compiler or interpreter speaks of. Pure. */
export interface CompilerMessage {
  /** From 1. */
  readonly line: number;
  /** From 1; null where none was given. */
  readonly column: number | null;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
}

/** A piece of a compiler's output; one with a line can be jumped to. */
export interface Piece {
  readonly text: string;
  /** The file that it speaks of, where the answer has several. */
  readonly file?: string;
  readonly line: number | null;
  readonly column: number | null;
}

const GCC =
  /^(?:\.\/)?(?!test\.|template\.)[\w.-]+\.(?:cpp|cc|c|h|hpp|go|hs|kt|py|m?js|java):(\d+)(?::(\d+))?:\s*(?:(fatal error|error|warning|note):\s*)?(.*)$/;
const JAVAC = /^(?!test\.|template\.)[\w$.-]+\.java:(\d+):\s*(?:(error|warning):\s*)?(.*)$/;
/** C#, TypeScript and Pascal: `main.cs(3,5): error CS1525: ...`. */
const BRACKETS =
  /^main\.(?:cs|ts|pas)\((\d+),(\d+)\):?\s*(?:(Fatal|Error|error|Warning|warning)\b[^:]*:\s*)?(.*)$/;
/** Languages that begin with the name of the program, or end with the line. */
const SCRIPTS = [
  /^main\.sh: line (\d+): (.*)$/,
  /^(?:PHP )?(?:Parse|Fatal) error:\s+(.*) in main\.php on line (\d+)$/,
  /^(.*) at main\.pl line (\d+)[.,]/,
  /^(?:\S*luac?(?:5\.\d)?: |\S*ruby: )?main\.(?:lua|rb):(\d+): (.*)$/,
  /^(?:Error in .*: |\s*)main\.R:(\d+):\d+: (.*)$/,
  /^(?:error: )?(parse error) near line (\d+) of file main\.m$/,
  /^(?:Parse|Runtime) error near line (\d+): (.*)$/,
];
/** An answer of unit tests may have any name; what has folders is the language's own. */
const PYTHON = /^\s*File "(?:[^"]*main|(?!test\.|template\.)[\w.-]+)\.py", line (\d+)/;
const NODE = /^(?:.*\/)?main\.js:(\d+)(?::(\d+))?\s*$/;
/** Rust says what is wrong first, and where on the next line. */
const RUST = /^\s*--> main\.rs:(\d+):(\d+)$/;
/** The group with the column, for those that have one. */
const COLUMNS = [GCC, BRACKETS, NODE, RUST];

interface Place {
  readonly line: number;
  readonly column: number | null;
}

/** Returns the place in the program that a line of output speaks of. */
function place(text: string): Place | null {
  for (const pattern of COLUMNS) {
    const found = pattern.exec(text);
    if (found) return { line: Number(found[1]), column: found[2] ? Number(found[2]) : null };
  }
  const named = JAVAC.exec(text) ?? PYTHON.exec(text);
  if (named) return { line: Number(named[1]), column: null };
  const script = scripted(text);
  return script && { line: script.line, column: null };
}

function scripted(text: string): { line: number; message: string } | null {
  const found = SCRIPTS.map((pattern) => pattern.exec(text)).find((match) => match !== null);
  if (!found) return null;
  const [, first = "", second = ""] = found;
  return /^\d+$/.test(first)
    ? { line: Number(first), message: second }
    : { line: Number(second), message: first };
}

/** Returns how bad something is that a compiler puts this word before. */
export function severity(word: string | undefined): CompilerMessage["severity"] {
  if (word?.toLowerCase() === "warning") return "warning";
  return word === "note" ? "info" : "error";
}

/** Returns each message of `output` that names a line of the program. */
export function compilerMessages(output: string): CompilerMessage[] {
  const lines = output.split("\n");
  return lines.flatMap((text, index): CompilerMessage[] => {
    const at = place(text);
    return at ? [{ ...at, ...said(lines, index) }] : [];
  });
}

function said(lines: readonly string[], at: number): Pick<CompilerMessage, "severity" | "message"> {
  const text = lines[at] ?? "";
  const before = lines[at - 1] ?? "";
  if (RUST.test(text))
    return {
      severity: severity(/^warning/.exec(before)?.[0]),
      message: before.replace(/^\w+(?:\[\w+\])?: /, ""),
    };
  const worded = GCC.exec(text) ?? BRACKETS.exec(text);
  // What GHC has to say begins on the next line.
  if (worded) return { severity: severity(worded[3]), message: worded[4] || (lines[at + 1] ?? "").trim() };
  const java = JAVAC.exec(text);
  if (java) return { severity: severity(java[2]), message: java[3] ?? "" };
  const message = scripted(text)?.message.trim();
  return { severity: "error", message: message || named(lines, at) };
}

/** Returns the error that is named below line `from`: Python and Node show the line first and name it some lines on. */
export function named(lines: readonly string[], from: number): string {
  const found = lines.slice(from + 1).find((text) => /^\s*\w*(?:Error|Exception|Warning)\b/.test(text));
  return (found ?? lines[from] ?? "").trim();
}

/** Returns `output` line by line, with the place that each speaks of. */
export function compilerPieces(output: string): Piece[] {
  return output.split("\n").map((text) => ({ text, line: null, column: null, ...place(text) }));
}

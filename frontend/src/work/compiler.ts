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
  readonly line: number | null;
  readonly column: number | null;
}

const GCC =
  /^(?:\.\/)?[\w.-]+\.(?:cpp|cc|c|h|hpp):(\d+)(?::(\d+))?:\s*(?:(fatal error|error|warning|note):\s*)?(.*)$/;
const JAVAC = /^[\w$.-]+\.java:(\d+):\s*(?:(error|warning):\s*)?(.*)$/;
const PYTHON = /^\s*File "[^"]*main\.py", line (\d+)/;
const NODE = /^(?:.*\/)?main\.js:(\d+)(?::(\d+))?\s*$/;
const PLACES = [GCC, JAVAC, PYTHON, NODE];

function severity(word: string | undefined): CompilerMessage["severity"] {
  if (word === "warning") return "warning";
  return word === "note" ? "info" : "error";
}

/** Returns each message of `output` that names a line of the program. */
export function compilerMessages(output: string): CompilerMessage[] {
  const lines = output.split("\n");
  const found: CompilerMessage[] = [];
  lines.forEach((text, index) => {
    const gcc = GCC.exec(text);
    const javac = JAVAC.exec(text);
    if (gcc) {
      const column = gcc[2] ? Number(gcc[2]) : null;
      found.push({ line: Number(gcc[1]), column, severity: severity(gcc[3]), message: gcc[4] ?? "" });
    } else if (javac) {
      found.push({
        line: Number(javac[1]),
        column: null,
        severity: severity(javac[2]),
        message: javac[3] ?? "",
      });
    } else {
      const place = PYTHON.exec(text) ?? NODE.exec(text);
      if (place)
        found.push({ line: Number(place[1]), column: null, severity: "error", message: said(lines, index) });
    }
  });
  return found;
}

/** Python and Node show the line first and name the error some lines on. */
function said(lines: readonly string[], from: number): string {
  const named = lines.slice(from + 1).find((text) => /^\s*\w*(?:Error|Exception|Warning)\b/.test(text));
  return (named ?? lines[from] ?? "").trim();
}

/** Returns `output` line by line, with the place that each speaks of. */
export function compilerPieces(output: string): Piece[] {
  return output.split("\n").map((text) => {
    const place = PLACES.map((pattern) => pattern.exec(text)).find((match) => match !== null);
    const column = place && (GCC.test(text) || NODE.test(text)) && place[2] ? Number(place[2]) : null;
    return { text, line: place ? Number(place[1]) : null, column };
  });
}

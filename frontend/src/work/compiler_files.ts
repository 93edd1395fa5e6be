/** Finds the files, and the lines in them, that a compiler or interpreter speaks of in an answer of several. Pure. */
import { named, severity, type CompilerMessage, type Piece } from "./compiler";

export interface FileMessage extends CompilerMessage {
  readonly file: string;
}

interface Found {
  readonly file: string;
  readonly line: number;
  readonly column: number | null;
  /** What is said after the place; null where the place does not come first. */
  readonly rest: string | null;
}

/** A name is one of its own, or ends the path of the folder in which the program was run. */
const BEFORE = String.raw`(?:^|[\s"'([])(?:file:\/\/)?(?:\.?\/(?:[^\s"'():]*\/)?)?`;
/** `:3:5`, `(3,5)`, `", line 3`, `: line 3`, ` on line 3`. */
const AFTER = String.raw`(?::(\d+)(?::(\d+))?|\((\d+)(?:,(\d+))?\)|["']?,?:? (?:on )?line (\d+))(?!\d)`;
const SAID = /^(?:(fatal error|error|warning|note)\b[^:]*:\s*)?(.*)$/i;

/** Returns each message of `output` that names a line of one of the files `names`. */
export function messagesIn(names: readonly string[], output: string): FileMessage[] {
  const find = finder(names);
  const lines = output.split("\n");
  return lines.flatMap((text, index): FileMessage[] => {
    const found = find(text);
    if (found === null) return [];
    const { file, line, column } = found;
    return [{ file, line, column, ...said(lines, index, found.rest) }];
  });
}

/** Returns `output` line by line, with the place in one of the files `names` that each speaks of. */
export function piecesIn(names: readonly string[], output: string): Piece[] {
  const find = finder(names);
  return output.split("\n").map((text): Piece => {
    const found = find(text);
    return found === null
      ? { text, line: null, column: null }
      : { text, file: found.file, line: found.line, column: found.column };
  });
}

function finder(names: readonly string[]): (text: string) => Found | null {
  const known = byMention(names);
  if (known.size === 0) return () => null;
  const mentions = [...known.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const pattern = new RegExp(`${BEFORE}(${mentions.join("|")})${AFTER}`);
  return (text) => {
    const found = pattern.exec(text);
    if (found === null) return null;
    const [whole, mention = "", colon, colonColumn, bracket, bracketColumn, word] = found;
    return {
      file: known.get(mention) ?? mention,
      line: Number(colon ?? bracket ?? word),
      column: Number(colonColumn ?? bracketColumn) || null,
      rest: word === undefined ? text.slice(found.index + whole.length).replace(/^[\s:)\]]+/, "") : null,
    };
  };
}

/** How each file may be named: whole or, as in Java's stack traces, without its folder where that is one file. */
function byMention(names: readonly string[]): Map<string, string> {
  const last = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
  const alone = names.filter((name) => names.filter((other) => last(other) === last(name)).length === 1);
  return new Map([
    ...alone.map((name): [string, string] => [last(name), name]),
    ...names.map((name): [string, string] => [name, name]),
  ]);
}

function escaped(text: string): string {
  return text.replace(/[.+*?^${}()|[\]\\/]/g, "\\$&");
}

function said(
  lines: readonly string[],
  at: number,
  rest: string | null,
): Pick<CompilerMessage, "severity" | "message"> {
  const text = lines[at] ?? "";
  // Rust says what is wrong first, and where on the next line.
  if (/^\s*--> /.test(text)) {
    const [, word, message = ""] = SAID.exec(lines[at - 1] ?? "") ?? [];
    return { severity: severity(word), message };
  }
  // Python and Node name the error below; shells, Perl and PHP say it all in this line.
  if (rest === null) return { severity: "error", message: named(lines, at) };
  const [, word, message = ""] = SAID.exec(rest) ?? [];
  if (message !== "") return { severity: severity(word?.toLowerCase()), message };
  // What GHC has to say begins on the next line.
  return {
    severity: severity(word?.toLowerCase()),
    message: word ? (lines[at + 1] ?? "").trim() : named(lines, at),
  };
}

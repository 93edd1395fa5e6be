/** A program's text as the names of what it is made of: whatever is called otherwise, commented or laid out otherwise is the same. */
import { StreamLanguage, type StreamParser } from "@codemirror/language";
import { cppLanguage } from "@codemirror/lang-cpp";
import { goLanguage } from "@codemirror/lang-go";
import { javaLanguage } from "@codemirror/lang-java";
import { javascriptLanguage, typescriptLanguage } from "@codemirror/lang-javascript";
import { phpLanguage } from "@codemirror/lang-php";
import { pythonLanguage } from "@codemirror/lang-python";
import { rustLanguage } from "@codemirror/lang-rust";
import { SQLite } from "@codemirror/lang-sql";
import { csharp, kotlin } from "@codemirror/legacy-modes/mode/clike";
import { haskell } from "@codemirror/legacy-modes/mode/haskell";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { octave } from "@codemirror/legacy-modes/mode/octave";
import { pascal } from "@codemirror/legacy-modes/mode/pascal";
import { perl } from "@codemirror/legacy-modes/mode/perl";
import { r } from "@codemirror/legacy-modes/mode/r";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { Region } from "@dodona/dolos-core";
import type { Parser, SyntaxNodeRef, Tree } from "@lezer/common";

/** Languages of which the editor's own grammars know what belongs together, by `highlight` of their description. */
const TREES: Readonly<Record<string, Parser>> = {
  python: pythonLanguage.parser,
  cpp: cppLanguage.parser,
  java: javaLanguage.parser,
  javascript: javascriptLanguage.parser,
  typescript: typescriptLanguage.parser,
  rust: rustLanguage.parser,
  go: goLanguage.parser,
  sql: SQLite.language.parser,
  php: phpLanguage.parser,
};

/** Languages that are read word by word. */
const WORDS: Readonly<Record<string, StreamParser<unknown>>> = {
  csharp,
  kotlin,
  haskell,
  lua,
  octave,
  pascal,
  perl,
  r,
  ruby,
  shell,
};

const COMMENT = /comment/i;
/** What a text is put between, whatever is between them: that a name is in brackets says nothing. */
const NAMELESS = /^(ParenthesizedExpression|Script|Program|SourceFile|CompilationUnit)$/;

/** Tokens with the place of each in the text. */
export interface Tokens {
  readonly names: string[];
  readonly places: Region[];
}

/** Returns the tokens of a text; of one in an unknown language its words and signs. */
export function tokensOf(text: string, highlight: string): Tokens {
  const found = new Collected(text);
  const tree = parsed(text, TREES[highlight]);
  if (tree) fromTree(tree, found);
  else fromWords(text, WORDS[highlight], found);
  return withoutRuns(found);
}

/** So many tokens of a program are compared at most: more than anybody writes by hand. */
const MOST = 20_000;
const LONGEST_PERIOD = 8;
const REPEATED = 4;

/** Leaves out what a few tokens do but repeat, such as a thousand brackets: it would be like each part of itself. */
function withoutRuns({ names, places }: Tokens): Tokens {
  const runs = new Array<number>(LONGEST_PERIOD + 1).fill(0);
  const kept: { names: string[]; places: Region[] } = { names: [], places: [] };
  for (const [at, name] of names.entries()) {
    let repeated = false;
    for (let period = 1; period <= LONGEST_PERIOD; period += 1) {
      const run = at >= period && names[at - period] === name ? (runs[period] ?? 0) + 1 : 0;
      runs[period] = run;
      if (run >= REPEATED * period) repeated = true;
    }
    const place = places[at];
    if (repeated || !place) continue;
    kept.names.push(name);
    kept.places.push(place);
    if (kept.names.length === MOST) break;
  }
  return kept;
}

class Collected implements Tokens {
  readonly names: string[] = [];
  readonly places: Region[] = [];
  readonly #starts: number[] = [0];
  #row = 0;

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** Adds what stands at `from`; places come in order. */
  add(name: string, from: number): void {
    while (from < (this.#starts[this.#row] ?? 0)) this.#row -= 1;
    while (from >= (this.#starts[this.#row + 1] ?? Infinity)) this.#row += 1;
    const column = from - (this.#starts[this.#row] ?? 0);
    this.names.push(name);
    this.places.push(new Region(this.#row, column, this.#row, column + 1));
  }

  /** Adds the end of what began earlier, where the last token stands. */
  close(): void {
    const last = this.places.at(-1);
    if (!last) return;
    this.names.push(")");
    this.places.push(last);
  }
}

/** A program that anybody means takes a few thousandths of a second; what is written to take long is read word by word. */
const LONGEST_MS = 2000;

function parsed(text: string, parser: Parser | undefined): Tree | undefined {
  if (!parser) return undefined;
  const ends = performance.now() + LONGEST_MS;
  const parse = parser.startParse(text);
  while (performance.now() < ends) {
    const tree = parse.advance();
    if (tree) return tree;
  }
  return undefined;
}

function fromTree(tree: Tree, found: Collected): void {
  const skipped = (node: SyntaxNodeRef) => node.type.isError || COMMENT.test(node.name);
  // Of each node that is open: how many tokens there were when it began; -1 for one that is no token itself.
  const opened: number[] = [];
  tree.iterate({
    enter(node) {
      if (skipped(node)) return false;
      const named = !NAMELESS.test(node.name);
      if (named) found.add(node.name, node.from);
      opened.push(named ? found.names.length : -1);
      return true;
    },
    leave(node) {
      if (skipped(node)) return;
      const began = opened.pop() ?? -1;
      if (began !== -1 && found.names.length > began) found.close();
    },
  });
}

/** From where to where something stands that is read otherwise; in order. */
type Spans = [from: number, to: number][];

function fromWords(text: string, mode: StreamParser<unknown> | undefined, found: Collected): void {
  const comments: Spans = [];
  const strings: Spans = [];
  parsed(text, mode && StreamLanguage.define(mode).parser)?.iterate({
    enter(node) {
      if (COMMENT.test(node.name)) comments.push([node.from, node.to]);
      else if (/string/i.test(node.name)) strings.push([node.from, node.to]);
    },
  });
  const commentAt = finder(comments);
  const stringAt = finder(strings);
  let last: number | undefined;
  for (const match of text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*|\p{N}[\p{L}\p{N}._]*|[^\s]/gu)) {
    if (commentAt(match.index) !== undefined) continue;
    const string = stringAt(match.index);
    if (string === undefined) found.add(name(match[0]), match.index);
    else if (string !== last) found.add("string", match.index);
    last = string;
  }
}

/** Returns what says in which of `spans` a place lies; places are asked for in order. */
function finder(spans: Spans): (at: number) => number | undefined {
  let next = 0;
  return (at) => {
    while (next < spans.length && (spans[next]?.[1] ?? 0) <= at) next += 1;
    return (spans[next]?.[0] ?? Infinity) <= at ? next : undefined;
  };
}

const KEYWORD =
  /^(abstract|and|as|base|begin|break|by|case|catch|class|const|constructor|continue|data|def|delegate|deriving|div|do|downto|else|elseif|elsif|elif|end|endfor|endfunction|endif|endwhile|enum|esac|extends|false|fi|final|finally|fn|for|foreach|from|fun|func|function|get|if|implements|import|in|init|instance|interface|internal|is|lambda|last|let|local|loop|match|mod|module|my|namespace|new|next|nil|not|null|object|of|operator|or|out|override|package|params|print|private|procedure|program|protected|public|record|ref|repeat|return|sealed|self|set|static|struct|sub|super|switch|then|this|throw|to|true|try|type|typeof|unless|until|use|using|val|var|virtual|void|when|where|while|with|yield)$/i;

function name(word: string): string {
  if (/^\p{N}/u.test(word)) return "number";
  if (/^[\p{L}_$]/u.test(word)) return KEYWORD.test(word) ? word.toLowerCase() : "name";
  return word;
}

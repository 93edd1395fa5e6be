/** What the editor knows of each language that an assignment may offer, by the `highlight` of its description. */
import { indentUnit, StreamLanguage, type StreamParser } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

const FOUR = indentUnit.of("    ");
const TWO = indentUnit.of("  ");
const TAB = indentUnit.of("\t");

/** Each is a file of its own, loaded when the language is first shown. */
const SUPPORT: Readonly<Record<string, () => Promise<Extension>>> = {
  python: async () => [(await import("@codemirror/lang-python")).python(), FOUR],
  cpp: async () => [(await import("@codemirror/lang-cpp")).cpp(), FOUR],
  java: async () => [(await import("@codemirror/lang-java")).java(), FOUR],
  javascript: async () => [(await import("@codemirror/lang-javascript")).javascript(), TWO],
  typescript: async () => [
    (await import("@codemirror/lang-javascript")).javascript({ typescript: true }),
    TWO,
  ],
  rust: async () => [(await import("@codemirror/lang-rust")).rust(), FOUR],
  go: async () => [(await import("@codemirror/lang-go")).go(), TAB],
  sql: async () => {
    const { sql, SQLite } = await import("@codemirror/lang-sql");
    return [sql({ dialect: SQLite }), FOUR];
  },
  php: async () => [(await import("@codemirror/lang-php")).php(), FOUR],
  // These are coloured word by word, without knowledge of what belongs together.
  csharp: async () => plain((await import("@codemirror/legacy-modes/mode/clike")).csharp, FOUR),
  kotlin: async () => plain((await import("@codemirror/legacy-modes/mode/clike")).kotlin, FOUR),
  r: async () => plain((await import("@codemirror/legacy-modes/mode/r")).r, TWO),
  shell: async () => plain((await import("@codemirror/legacy-modes/mode/shell")).shell, TWO),
  octave: async () => plain((await import("@codemirror/legacy-modes/mode/octave")).octave, TWO),
  haskell: async () => plain((await import("@codemirror/legacy-modes/mode/haskell")).haskell, TWO),
  pascal: async () => plain((await import("@codemirror/legacy-modes/mode/pascal")).pascal, TWO),
  perl: async () => plain((await import("@codemirror/legacy-modes/mode/perl")).perl, FOUR),
  ruby: async () => plain((await import("@codemirror/legacy-modes/mode/ruby")).ruby, TWO),
  lua: async () => plain((await import("@codemirror/legacy-modes/mode/lua")).lua, TWO),
};

/** How the names of files end that are coloured as each language. */
const ENDINGS: Readonly<Record<string, string>> = {
  python: "py pyi",
  cpp: "c cc cpp cxx h hh hpp hxx",
  java: "java",
  javascript: "js cjs mjs jsx json",
  typescript: "ts cts mts tsx",
  rust: "rs",
  go: "go",
  sql: "sql",
  php: "php",
  csharp: "cs",
  kotlin: "kt kts",
  r: "r",
  shell: "sh bash",
  octave: "m",
  haskell: "hs lhs",
  pascal: "pas pp",
  perl: "pl pm",
  ruby: "rb",
  lua: "lua",
};

/** Returns how a file is coloured, by the ending of its name; "" for what is not coloured. */
export function highlightOf(name: string): string {
  const ending = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.keys(ENDINGS).find((highlight) => ENDINGS[highlight]?.split(" ").includes(ending)) ?? "";
}

function plain(mode: StreamParser<unknown>, indent: Extension): Extension {
  return [StreamLanguage.define(mode), indent];
}

/** Returns colouring and indentation; plain text for what is not known here, or cannot be loaded now. */
export async function languageSupport(highlight: string): Promise<Extension> {
  try {
    return (await SUPPORT[highlight]?.()) ?? FOUR;
  } catch {
    // The network is gone. Text without colours can be worked on; a page without an editor cannot.
    return FOUR;
  }
}

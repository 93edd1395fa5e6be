/** What the editor knows of each language that an assignment may offer, by the `highlight` of its description. */
import { indentUnit } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

const FOUR = indentUnit.of("    ");
const TWO = indentUnit.of("  ");

/** Each is a file of its own, loaded when the language is first shown. */
const SUPPORT: Readonly<Record<string, () => Promise<Extension>>> = {
  python: async () => [(await import("@codemirror/lang-python")).python(), FOUR],
  cpp: async () => [(await import("@codemirror/lang-cpp")).cpp(), FOUR],
  java: async () => [(await import("@codemirror/lang-java")).java(), FOUR],
  javascript: async () => [(await import("@codemirror/lang-javascript")).javascript(), TWO],
};

/** Returns colouring and indentation; plain text for what is not known here, or cannot be loaded now. */
export async function languageSupport(highlight: string): Promise<Extension> {
  try {
    return (await SUPPORT[highlight]?.()) ?? FOUR;
  } catch {
    // The network is gone. Text without colours can be worked on; a page without an editor cannot.
    return FOUR;
  }
}

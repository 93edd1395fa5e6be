/** What the editor knows of each language that an assignment may offer, by the `highlight` of its description. */
import { cpp } from "@codemirror/lang-cpp";
import { java } from "@codemirror/lang-java";
import { javascript } from "@codemirror/lang-javascript";
import { python } from "@codemirror/lang-python";
import { indentUnit } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

const SUPPORT: Readonly<Record<string, () => Extension>> = {
  python: () => [python(), indentUnit.of("    ")],
  cpp: () => [cpp(), indentUnit.of("    ")],
  java: () => [java(), indentUnit.of("    ")],
  javascript: () => [javascript(), indentUnit.of("  ")],
};

/** Returns colouring and indentation; plain text for what is not known here. */
export function languageSupport(highlight: string): Extension {
  return SUPPORT[highlight]?.() ?? indentUnit.of("    ");
}

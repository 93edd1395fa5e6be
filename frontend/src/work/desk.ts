/** The editor with its choice of language: each language keeps a text of its own. */
import { byId } from "../shared/dom";
import { Editor } from "../editor/editor";
import type { Config, Language } from "./config";
import type { Text } from "./texts";

export interface DeskEvents {
  readonly typed: (text: Text) => void;
  readonly languageChanged: (text: Text, label: string) => void;
}

export class Desk {
  readonly editor: Editor;
  readonly #config: Config;
  readonly #texts = new Map<string, string>();
  readonly #select = byId<HTMLSelectElement>("language");
  #opening = false;

  constructor(config: Config, events: DeskEvents) {
    this.#config = config;
    for (const language of config.languages) this.#texts.set(language.id, language.starter);
    for (const [id, code] of Object.entries(config.draft?.other_drafts ?? {})) this.#texts.set(id, code);
    const first = this.#first();
    this.#texts.set(first.language, first.code);
    this.editor = new Editor({
      parent: byId("editor"),
      code: first.code,
      highlight: this.#language(first.language)?.highlight ?? "",
      readOnly: config.read_only,
      label: "Your program",
      describedBy: "editor-help",
      changed: (code) => {
        if (this.#opening) return;
        this.#texts.set(this.#select.value, code);
        events.typed(this.text);
      },
    });
    this.#select.value = first.language;
    this.#select.addEventListener("change", () => {
      const id = this.#select.value;
      this.open({ code: this.#texts.get(id) ?? "", language: id });
      events.languageChanged(this.text, this.label(id));
    });
  }

  get text(): Text {
    return { code: this.editor.code, language: this.#select.value };
  }

  label(id: string): string {
    return this.#language(id)?.label ?? id;
  }

  /** Whether the editor holds what the problem began with. */
  get isStarter(): boolean {
    return this.editor.code === (this.#language(this.#select.value)?.starter ?? "");
  }

  /** Shows a text without counting it as typed. One in a language that is not offered stays in the present one. */
  open(text: Text): void {
    const language = this.#language(text.language)?.id ?? this.#select.value;
    this.#opening = true;
    this.#select.value = language;
    this.#texts.set(language, text.code);
    this.editor.open(text.code, this.#language(language)?.highlight ?? "");
    this.#opening = false;
  }

  #language(id: string): Language | undefined {
    return this.#config.languages.find((language) => language.id === id);
  }

  #first(): Text {
    const { draft, languages } = this.#config;
    if (draft && this.#language(draft.language)) return { code: draft.code, language: draft.language };
    return { code: draft?.code ?? languages[0]?.starter ?? "", language: languages[0]?.id ?? "" };
  }
}

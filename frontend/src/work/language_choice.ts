/** The choice of language: each language keeps a text of its own. */
import { byId } from "../shared/dom";
import type { Config, Language } from "./config";
import type { Text } from "./texts";

export class LanguageChoice {
  readonly #config: Config;
  readonly #texts = new Map<string, string>();
  readonly #select = byId<HTMLSelectElement>("language");

  /** `chosen` is called with the text that was last held in a language, when a person chooses that one. */
  constructor(config: Config, chosen: (text: Text) => void) {
    this.#config = config;
    for (const language of config.languages) this.#texts.set(language.id, language.starter);
    for (const [id, code] of Object.entries(config.draft?.other_drafts ?? {})) this.#texts.set(id, code);
    this.take(this.#first());
    this.#select.addEventListener("change", () => chosen(this.text));
  }

  /** The text that is held in the present language. */
  get text(): Text {
    return { code: this.#texts.get(this.id) ?? "", language: this.id };
  }

  get id(): string {
    return this.#select.value;
  }

  get highlight(): string {
    return this.#language(this.id)?.highlight ?? "";
  }

  /** What the problem begins with in the present language. */
  get starter(): string {
    return this.#language(this.id)?.starter ?? "";
  }

  label(id: string): string {
    return this.#language(id)?.label ?? id;
  }

  keep(code: string): void {
    this.#texts.set(this.id, code);
  }

  /** Goes to the language of a text, and holds the text there. One in a language that is not offered stays in the present one. */
  take(text: Text): void {
    this.#select.value = this.#language(text.language)?.id ?? this.#select.value;
    this.keep(text.code);
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

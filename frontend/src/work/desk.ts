/** Where an answer is written. */
import { Editor } from "../editor/editor";
import { announce } from "../shared/announce";
import { byId } from "../shared/dom";
import { compilerMessages, compilerPieces, type Piece } from "./compiler";
import type { Config } from "./config";
import { LanguageChoice } from "./language_choice";
import { copyCode, type Action } from "./notices";
import type { Part, Text } from "./texts";

export interface DeskEvents {
  readonly typed: (text: Text) => void;
  readonly languageChanged: (text: Text, label: string) => void;
  /** A text gives way to files that are brought in, and may be wanted back. */
  readonly replaced: (text: Text, why: string) => void;
}

/** What the page asks of the place where an answer is written, whatever form the answer has. */
export interface Desk {
  readonly text: Text;
  /** Whether it holds what the problem began with. */
  readonly isStarter: boolean;
  /** How a person gets their work off a page that can save nothing. */
  readonly rescue: Action;
  label(language: string): string;
  /** Returns a text as a person reads it. */
  parts(text: Text): Part[];
  /** Shows a text without counting it as typed. One in a language that is not offered stays in the present one. */
  open(text: Text): void;
  /** From now on the text can be read, and no more. */
  lock(): void;
  focus(): void;
  /** Shows beside its lines what the compiler said of the text. */
  mark(output: string): void;
  /** Returns what a compiler or a program said, with the places in the text that it speaks of. */
  pieces(output: string): Piece[];
  /** Goes to such a place. */
  jump(piece: Piece): void;
}

/** An answer that is one text. */
export class TextDesk implements Desk {
  readonly rescue: Action = {
    label: "Copy my code",
    run: () => void copyCode(this.#editor.code).then(announce),
  };
  readonly #languages: LanguageChoice;
  readonly #editor: Editor;

  constructor(config: Config, events: DeskEvents) {
    this.#languages = new LanguageChoice(config, (text) => {
      this.open(text);
      events.languageChanged(this.text, this.label(text.language));
    });
    this.#editor = new Editor({
      parent: byId("editor"),
      code: this.#languages.text.code,
      highlight: this.#languages.highlight,
      readOnly: config.read_only,
      label: "Your program",
      describedBy: "editor-help",
      changed: (code) => {
        this.#languages.keep(code);
        events.typed(this.text);
      },
    });
  }

  get text(): Text {
    return { code: this.#editor.code, language: this.#languages.id };
  }

  get isStarter(): boolean {
    return this.#editor.code === this.#languages.starter;
  }

  label(language: string): string {
    return this.#languages.label(language);
  }

  parts(text: Text): Part[] {
    return [{ name: null, text: text.code }];
  }

  open(text: Text): void {
    this.#languages.take(text);
    this.#editor.open(text.code, this.#languages.highlight);
  }

  lock(): void {
    this.#editor.lock();
  }

  focus(): void {
    this.#editor.focus();
  }

  mark(output: string): void {
    this.#editor.mark(compilerMessages(output));
  }

  pieces(output: string): Piece[] {
    return compilerPieces(output);
  }

  jump(piece: Piece): void {
    if (piece.line !== null) this.#editor.jump(piece.line, piece.column);
  }
}

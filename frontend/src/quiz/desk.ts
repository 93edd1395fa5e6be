/** Questions as a desk: what is answered is the text that is saved and handed in. */
import { announce } from "../shared/announce";
import { byId } from "../shared/dom";
import type { Piece } from "../work/compiler";
import type { Config } from "../work/config";
import type { Desk, DeskEvents } from "../work/desk";
import { copyCode, type Action } from "../work/notices";
import type { Part, Text } from "../work/texts";
import { answersOf, inWords, questionsIn, readAnswers, unanswered, writeAnswers } from "./answers";
import { installOrdering } from "./ordering";

export class QuizDesk implements Desk {
  readonly rescue: Action = {
    label: "Copy my answers",
    run: () => void copyCode(this.parts(this.text)[0]?.text ?? "").then(announce),
  };
  readonly #form: HTMLFormElement;
  readonly #sitting: number;

  constructor(form: HTMLFormElement, config: Config, events: DeskEvents) {
    this.#form = form;
    this.#sitting = config.sitting ?? 0;
    const changed = (): void => {
      this.#count();
      events.typed(this.text);
    };
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const list of form.querySelectorAll<HTMLElement>(".ordering")) installOrdering(list, changed);
    this.#count();
  }

  get text(): Text {
    const code = JSON.stringify({ sitting: this.#sitting, answers: readAnswers(this.#form) });
    return { code, language: "" };
  }

  get isStarter(): boolean {
    return Object.keys(answersOf(this.text.code).answers).length === 0;
  }

  label(): string {
    return "Answers";
  }

  parts(text: Text): Part[] {
    const { answers } = answersOf(text.code);
    const lines = questionsIn(this.#form).map(
      (one) => `${one.dataset["number"]}. ${inWords(one, answers[one.dataset["question"] ?? ""])}`,
    );
    return [{ name: null, text: lines.join("\n") }];
  }

  open(text: Text): void {
    writeAnswers(this.#form, answersOf(text.code).answers);
    this.#count();
  }

  lock(): void {
    const fields = this.#form.querySelectorAll<HTMLInputElement>(
      "input:not([type=hidden]), select, [data-move]",
    );
    for (const one of fields) one.disabled = true;
  }

  focus(): void {
    this.#form.querySelector<HTMLElement>("input:not([type=hidden]), select, [data-move]")?.focus();
  }

  mark(): void {
    // Nothing is said of answers but by their result.
  }

  pieces(output: string): Piece[] {
    return [{ text: output, line: null, column: null }];
  }

  jump(): void {
    // There are no lines to go to.
  }

  #count(): void {
    const all = questionsIn(this.#form).length;
    const open = unanswered(this.#form, readAnswers(this.#form)).length;
    byId("answered").textContent = `${all - open} of ${all} answered`;
  }
}

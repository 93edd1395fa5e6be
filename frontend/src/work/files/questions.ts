/** What a person is asked about files: a name, and what becomes of those that are there already. */
import { make } from "../../shared/dom";

export interface NameQuestion {
  readonly title: string;
  readonly name: string;
  readonly hint: string;
  readonly yes: string;
  /** Returns what is wrong with a name, and what to do; null for one that can be used. */
  readonly objection: (name: string) => string | null;
}

/** Asks for a file's name until it is one that can be used; returns null where the person thinks better of it. */
export function askName(question: NameQuestion): Promise<string | null> {
  return new Promise((resolve) => {
    const input = make("input", {
      id: "asked-name",
      type: "text",
      value: question.name,
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-describedby": "asked-hint asked-trouble",
    });
    const trouble = make("p", { class: "field-trouble", id: "asked-trouble", role: "alert" });
    const end = (name: string | null): void => {
      dialog.remove();
      resolve(name);
    };
    const submit = (event: Event): void => {
      event.preventDefault();
      const name = input.value.trim().normalize("NFC");
      const wrong = name === question.name && name !== "" ? null : question.objection(name);
      if (wrong === null) return end(name);
      trouble.textContent = wrong;
      input.setAttribute("aria-invalid", "true");
      input.focus();
    };
    const dialog = make(
      "dialog",
      { class: "dialog", "aria-labelledby": "asked-title", cancel: () => end(null) },
      make(
        "form",
        { class: "stack-2", submit, novalidate: true },
        make("h2", { id: "asked-title" }, question.title),
        make(
          "div",
          { class: "field" },
          make("label", { for: "asked-name" }, "Name"),
          input,
          make("span", { class: "hint", id: "asked-hint" }, question.hint),
          trouble,
        ),
        make(
          "div",
          { class: "dialog-actions" },
          make("button", { type: "button", class: "button", click: () => end(null) }, "Cancel"),
          make("button", { type: "submit", class: "button primary" }, question.yes),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
    // What comes before the ending is what one wants to write over.
    const ending = input.value.lastIndexOf(".");
    input.setSelectionRange(input.value.lastIndexOf("/") + 1, ending > 0 ? ending : input.value.length);
  });
}

/**
 * Asks whether files are to take the place of those of the same names; `others` is whether there are more that are new.
 * Returns null where nothing is to be done.
 */
export function askReplace(names: readonly string[], others: boolean): Promise<"replace" | "keep" | null> {
  return new Promise((resolve) => {
    const end = (answer: "replace" | "keep" | null) => (): void => {
      dialog.remove();
      resolve(answer);
    };
    const one = names.length === 1;
    const button = (words: string, answer: "replace" | "keep" | null, kind = ""): HTMLElement =>
      make("button", { type: "button", class: `button${kind}`, click: end(answer) }, words);
    const dialog = make(
      "dialog",
      { class: "dialog", "aria-labelledby": "replace-title", cancel: end(null) },
      make(
        "h2",
        { id: "replace-title" },
        one ? "This file is there already" : "These files are there already",
      ),
      make("ul", { class: "asked-names" }, ...names.map((name) => make("li", {}, make("code", {}, name)))),
      make(
        "p",
        {},
        `If you replace ${one ? "it" : "them"}, your files as they are now stay under History, in this browser.`,
      ),
      make(
        "div",
        { class: "dialog-actions" },
        button(others ? "Cancel" : "Keep mine", null),
        others && button("Keep mine, add the others", "keep"),
        button(one ? "Replace it" : `Replace ${names.length} files`, "replace", " primary"),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

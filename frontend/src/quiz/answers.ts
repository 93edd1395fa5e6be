/** Answers: as the page's fields hold them, and as they are saved and handed in. */

/** A chosen option or a text; several options, or an order; or by row or blank. */
export type Answer = string | readonly string[] | Readonly<Record<string, string>>;

export interface Answers {
  /** Which of the student's papers they are to. */
  readonly sitting: number;
  /** By question; one that is not answered is not there. */
  readonly answers: Readonly<Record<string, Answer>>;
}

/** Reads what was saved; what is none is no answers. */
export function answersOf(code: string): Answers {
  try {
    const found = JSON.parse(code || "{}") as Partial<Answers>;
    return { sitting: found.sitting ?? 0, answers: found.answers ?? {} };
  } catch {
    return { sitting: 0, answers: {} };
  }
}

export function questionsIn(form: HTMLElement): HTMLElement[] {
  return [...form.querySelectorAll<HTMLElement>("[data-question]")];
}

/** Returns the numbers of the questions that have no answer. */
export function unanswered(form: HTMLElement, answers: Answers["answers"]): string[] {
  return questionsIn(form)
    .filter((one) => answers[one.dataset["question"] ?? ""] === undefined)
    .map((one) => one.dataset["number"] ?? "");
}

/** Reads all answers of a form, in the order of its questions. */
export function readAnswers(form: HTMLElement): Record<string, Answer> {
  const found: Record<string, Answer> = {};
  for (const question of questionsIn(form)) {
    const answer = read(question);
    if (answer !== null) found[question.dataset["question"] ?? ""] = answer;
  }
  return found;
}

function read(question: HTMLElement): Answer | null {
  switch (question.dataset["kind"]) {
    case "single":
      return question.querySelector<HTMLInputElement>("input:checked")?.value ?? null;
    case "multiple": {
      const chosen = [...question.querySelectorAll<HTMLInputElement>("input:checked")].map(
        (one) => one.value,
      );
      return chosen.length > 0 ? chosen.sort() : null;
    }
    case "order": {
      const list = question.querySelector<HTMLElement>(".ordering");
      return list?.dataset["touched"] === "true" ? items(list).map((one) => one.dataset["item"] ?? "") : null;
    }
    case "match":
    case "blanks": {
      const parts = fields(question).flatMap((one): [string, string][] =>
        one.value.trim() ? [[one.dataset["part"] ?? "", one.value]] : [],
      );
      return parts.length > 0 ? Object.fromEntries(parts) : null;
    }
    default: {
      const text = question.querySelector<HTMLInputElement>("[data-answer]")?.value ?? "";
      return text.trim() ? text : null;
    }
  }
}

/** Puts answers into a form; what it has no question for is left out. */
export function writeAnswers(form: HTMLElement, answers: Answers["answers"]): void {
  for (const question of questionsIn(form)) write(question, answers[question.dataset["question"] ?? ""]);
}

function write(question: HTMLElement, answer: Answer | undefined): void {
  const chosen = typeof answer === "string" ? [answer] : Array.isArray(answer) ? (answer as string[]) : [];
  const parts = (typeof answer === "object" && !Array.isArray(answer) ? answer : {}) as Record<
    string,
    string
  >;
  for (const one of question.querySelectorAll<HTMLInputElement>("input:is([type=radio], [type=checkbox])"))
    one.checked = chosen.includes(one.value);
  for (const one of fields(question)) one.value = parts[one.dataset["part"] ?? ""] ?? "";
  const text = question.querySelector<HTMLInputElement>("[data-answer]");
  if (text) text.value = typeof answer === "string" ? answer : "";
  const list = question.querySelector<HTMLElement>(".ordering");
  if (list) arrange(list, chosen);
}

function arrange(list: HTMLElement, order: readonly string[]): void {
  list.dataset["touched"] = String(order.length > 0);
  const place = new Map(order.map((id, index) => [id, index]));
  const rank = (one: HTMLElement): number => place.get(one.dataset["item"] ?? "") ?? order.length;
  list.append(...items(list).sort((one, other) => rank(one) - rank(other)));
}

export function items(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>(":scope > [data-item]")];
}

function fields(question: HTMLElement): (HTMLInputElement | HTMLSelectElement)[] {
  return [...question.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[data-part]")];
}

/** Returns an answer as a person reads it. */
export function inWords(question: HTMLElement, answer: Answer | undefined): string {
  if (answer === undefined) return "–";
  const named = (id: string): string =>
    question
      .querySelector(`label[for="q-${question.dataset["question"]}-${CSS.escape(id)}"]`)
      ?.textContent?.trim() ??
    question.querySelector(`[data-item="${CSS.escape(id)}"] .prose`)?.textContent?.trim() ??
    id;
  if (typeof answer === "string") return question.dataset["kind"] === "single" ? named(answer) : answer;
  if (Array.isArray(answer)) return (answer as string[]).map(named).join("; ");
  return fields(question)
    .map((one) => {
      const value = (answer as Record<string, string>)[one.dataset["part"] ?? ""] ?? "";
      const option = one.querySelector(`option[value="${CSS.escape(value)}"]`);
      return value === "" ? "–" : (option?.textContent ?? value);
    })
    .join("; ");
}

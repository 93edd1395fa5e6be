/** Marking by keyboard: digits choose levels, letters move. Without this script everything works by its forms. */
import { byId } from "../shared/dom";
import { Bank } from "./bank";
import { Lines } from "./lines";

const marks = byId<HTMLFormElement>("marks");
const place = byId("marking");
const criteria = [...marks.querySelectorAll<HTMLFieldSetElement>(".criterion")];
const lines = new Lines(byId("script"));
const bank = Bank.here();
let current = Math.max(
  0,
  criteria.findIndex((one) => one.querySelector("input:checked") === null),
);

function goTo(index: number): void {
  criteria[current]?.removeAttribute("aria-current");
  current = Math.min(Math.max(index, 0), criteria.length - 1);
  criteria[current]?.setAttribute("aria-current", "true");
  criteria[current]?.scrollIntoView({ block: "nearest" });
}

function choose(digit: number): void {
  const level = criteria[current]?.querySelectorAll<HTMLInputElement>("input[type=radio]")[digit - 1];
  if (!level || level.matches(":disabled")) return;
  level.checked = true;
  level.dispatchEvent(new Event("change", { bubbles: true }));
  goTo(current + 1);
}

function leaveFor(url: string | undefined): void {
  if (url) location.assign(url);
}

function comment(): void {
  const card = document.getElementById("comment-lines");
  if (!(card instanceof HTMLDetailsElement)) return;
  card.open = true;
  lines.begin();
  lines.fill("comment");
  byId("comment-text").focus();
}

function fromBank(): void {
  lines.fill("bank");
  bank?.open();
}

/** Puts the comment that was written last into the bank, unless it is there. */
function keepLast(): void {
  const written = [...document.querySelectorAll<HTMLElement>("[data-written]")];
  written.sort((one, other) => (one.dataset["written"] ?? "").localeCompare(other.dataset["written"] ?? ""));
  written.at(-1)?.querySelector<HTMLButtonElement>('button[value="keep"]')?.click();
}

/** Presses a button once all that was chosen is kept: the page holds the revision that comes back with it. */
function press(button: HTMLElement | null): void {
  if (button && !button.matches(":disabled")) marks.requestSubmit(button);
}

marks.addEventListener("submit", (event) => {
  if (!marks.classList.contains("htmx-request")) return;
  event.preventDefault();
  const { submitter } = event;
  marks.addEventListener("htmx:afterRequest", () => setTimeout(() => press(submitter)), { once: true });
});

const keys: Record<string, () => void> = {
  j: () => goTo(current + 1),
  k: () => goTo(current - 1),
  n: () => leaveFor(place.dataset["after"]),
  p: () => leaveFor(place.dataset["before"]),
  c: comment,
  b: fromBank,
  s: keepLast,
  a: () => press(document.getElementById("ask-second")),
  ArrowDown: () => lines.move(1),
  ArrowUp: () => lines.move(-1),
  Enter: () => press(document.getElementById("done-next")),
  "?": () => byId<HTMLDialogElement>("keys").showModal(),
};

function isForText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("textarea, select, input:not([type=radio])");
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    const own = target instanceof HTMLElement ? target.closest("form") : null;
    if (own && own !== marks && isForText(target)) own.requestSubmit(own.querySelector("button"));
    else press(document.getElementById("done-next"));
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (key === "Escape" && isForText(target)) (target as HTMLElement).blur();
  if (isForText(target)) return;
  const isOnControl = target instanceof HTMLElement && target.matches("a, button, summary, input");
  if (isOnControl && (key === "Enter" || key.startsWith("Arrow"))) {
    // A chosen level has no other use for Enter; buttons, links and arrows keep theirs.
    if (key !== "Enter" || !target.matches("input")) return;
  }
  const act = /^[1-9]$/.test(key) ? () => choose(Number(key)) : keys[key];
  if (!act) return;
  event.preventDefault();
  act();
});

byId("show-keys").hidden = false;
byId("show-keys").addEventListener("click", () => byId<HTMLDialogElement>("keys").showModal());
goTo(current);

/** How many submissions are made, and left. */
import { byId } from "../shared/dom";

/** Keeps the count at the top of the page in step; the server has the last word. */
export function countSubmission(): void {
  const submit = byId("submit");
  const made = document.getElementById("submissions-made");
  if (submit.dataset["left"] === undefined || made === null) return;
  submit.dataset["left"] = String(Math.max(0, Number(submit.dataset["left"]) - 1));
  made.textContent = String(Number(made.textContent) + 1);
}

/** Deciding between two markings by keyboard: digits choose, then one says why. */
import { byId } from "../shared/dom";

const form = byId<HTMLFormElement>("decision");
const reason = byId<HTMLTextAreaElement>("reason");

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (target === reason) {
    if (key === "Escape") reason.blur();
  } else if (/^[1-4]$/.test(key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    const choice = form.querySelectorAll<HTMLInputElement>("input[type=radio]")[Number(key) - 1];
    if (choice) choice.checked = true;
    reason.focus();
  }
});

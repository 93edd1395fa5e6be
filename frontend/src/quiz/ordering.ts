/** Putting things in order: by buttons, which work by keyboard, or by dragging. */
import { announce } from "../shared/announce";
import { installDragging } from "../shared/dragging";
import { items } from "./answers";

export function installOrdering(list: HTMLElement, changed: () => void): void {
  const moved = (item: HTMLElement): void => {
    list.dataset["touched"] = "true";
    for (const field of list.querySelectorAll<HTMLInputElement>("input[type=hidden]")) field.disabled = false;
    const all = items(list);
    announce(`${words(item)}: ${all.indexOf(item) + 1} of ${all.length}`);
    changed();
  };
  list.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("[data-move]");
    const item = button?.closest<HTMLElement>("[data-item]");
    if (!button || !item) return;
    const other = button.dataset["move"] === "-1" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (button.dataset["move"] === "-1") other.before(item);
    else other.after(item);
    // Taken out and put in again, it loses the focus.
    button.focus();
    moved(item);
  });
  installDragging(list, { item: "[data-item]", list: ".ordering", handle: "[data-item]" }, moved);
}

function words(item: HTMLElement): string {
  return item.querySelector(".prose")?.textContent?.trim() ?? "";
}

/** What stands in a class, arranged by dragging. The page's buttons do the same. */
import { announce } from "../shared/announce";
import { installDragging } from "../shared/dragging";

const ITEM = "li[data-item]";
const MODULE = "section[data-module]";

/** Has the server put something where it was dropped; the page comes back as it stands then. */
function send(what: Readonly<Record<"do" | "item" | "module" | "before", string>>, title: string): void {
  const form = document.querySelector<HTMLFormElement>("#dropped");
  if (!form) return;
  for (const [name, value] of Object.entries(what)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value;
  }
  form.requestSubmit();
  announce(`${title} was moved.`);
}

function next(element: HTMLElement, selector: string): HTMLElement | null {
  const found = element.nextElementSibling;
  return found instanceof HTMLElement && found.matches(selector) ? found : null;
}

function titleOf(element: HTMLElement): string {
  return element.querySelector("h2, a")?.textContent?.trim() ?? "";
}

// The part that is arranged is replaced after each change, the body never.
document.body.classList.add("drags");
installDragging(document.body, { item: ITEM, list: "[data-places]", handle: "[data-grip=item]" }, (item) => {
  const module = item.closest<HTMLElement>(MODULE)?.dataset["module"] ?? "";
  const before = next(item, ITEM)?.dataset["item"] ?? "";
  send({ do: "drop", item: item.dataset["item"] ?? "", module, before }, titleOf(item));
});
installDragging(
  document.body,
  { item: MODULE, list: "#contents", handle: "[data-grip=module]" },
  (section) => {
    const before = next(section, MODULE)?.dataset["module"] ?? "";
    send({ do: "drop-module", item: "", module: section.dataset["module"] ?? "", before }, titleOf(section));
  },
);

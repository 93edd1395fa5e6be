/** Files that are chosen by a button, or dropped onto the card of the editor. */
import { byId } from "../shared/dom";

/**
 * Calls `brought` with the files that a person chooses with `button` and the field `#file-input`, or drops onto the card
 * around the editor; `words` are shown while something is held over it.
 */
export function installFiles(
  button: HTMLButtonElement,
  words: string,
  brought: (files: readonly File[]) => void,
): void {
  const input = byId<HTMLInputElement>("file-input");
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    // The same file can be chosen again after it was changed.
    input.value = "";
    if (files.length > 0) brought(files);
  });
  const card = byId("editor-card");
  const accepts = (event: DragEvent): boolean =>
    !button.disabled && (event.dataTransfer?.types.includes("Files") ?? false);
  // Before the editor, which would put a file's text where it is dropped.
  card.addEventListener(
    "dragover",
    (event) => {
      if (!accepts(event)) return;
      event.preventDefault();
      card.dataset["drop"] = words;
    },
    true,
  );
  card.addEventListener("dragleave", (event) => {
    if (!card.contains(event.relatedTarget as Node | null)) delete card.dataset["drop"];
  });
  card.addEventListener(
    "drop",
    (event) => {
      delete card.dataset["drop"];
      if (!(event.dataTransfer?.types.includes("Files") ?? false)) return;
      event.preventDefault();
      event.stopPropagation();
      if (accepts(event)) brought([...(event.dataTransfer?.files ?? [])]);
    },
    true,
  );
}

/**
 * Parts of a form that belong to one choice, of radio buttons or of a list: `data-for="name=value"` is shown and sent
 * only while that is chosen.
 */
export function installChoices(root: ParentNode): void {
  const parts = [...root.querySelectorAll<HTMLFieldSetElement>("fieldset[data-for]")];
  const show = (): void => {
    for (const part of parts) {
      const [name = "", value = ""] = (part.dataset["for"] ?? "").split("=");
      const chosen = document.querySelector<HTMLInputElement | HTMLSelectElement>(
        `input[name="${name}"]:checked, select[name="${name}"]`,
      );
      const on = chosen?.value === value;
      part.hidden = !on;
      part.disabled = !on;
    }
  };
  if (parts.length === 0) return;
  document.addEventListener("change", show);
  show();
}

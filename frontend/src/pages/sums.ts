/** Totals of numbers in a form, as they are typed: each field says by `data-sum` where its total is shown. */
export function installSums(root: ParentNode): void {
  const fields = [...root.querySelectorAll<HTMLInputElement>("input[data-sum]")];
  const show = (): void => {
    const totals = new Map<string, number>();
    for (const field of fields) {
      const place = field.dataset["sum"] ?? "";
      const value = Number(field.value.trim().replace(",", ".") || Number.NaN);
      totals.set(place, (totals.get(place) ?? 0) + value);
    }
    for (const [place, total] of totals) {
      const output = document.getElementById(place);
      if (output) output.textContent = Number.isFinite(total) ? String(Math.round(total * 100) / 100) : "–";
    }
  };
  for (const field of fields) field.addEventListener("input", show);
}

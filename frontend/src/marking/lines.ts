/** The line of what was handed in that a comment would be on. */
export class Lines {
  private readonly all: HTMLElement[];
  private at = -1;

  constructor(root: HTMLElement) {
    this.all = [...root.querySelectorAll<HTMLElement>(".script-lines > li")];
    const opened = location.hash ? this.all.findIndex((one) => `#${one.id}` === location.hash) : -1;
    if (opened >= 0) this.goTo(opened);
    root.addEventListener("click", (event) => {
      const line = (event.target as HTMLElement).closest<HTMLElement>(".script-lines > li");
      if (line && !(event.target as HTMLElement).closest(".comment")) this.goTo(this.all.indexOf(line));
    });
  }

  move(step: number): void {
    this.goTo(this.at < 0 ? 0 : this.at + step);
  }

  /** Goes to the first line where none is current yet. */
  begin(): void {
    if (this.at < 0) this.goTo(0);
  }

  /** Writes the current line, if there is one, and its file into the fields of a form: `#<form>-first`, -last, -path. */
  fill(form: string): void {
    const line = this.all[this.at];
    if (!line) return;
    const path = line.closest<HTMLElement>("[data-path]")?.dataset["path"] ?? "";
    for (const [id, value] of [
      [`${form}-first`, line.dataset["line"] ?? ""],
      [`${form}-last`, line.dataset["line"] ?? ""],
      [`${form}-path`, path],
    ] as const) {
      const field = document.getElementById(id);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value;
    }
  }

  private goTo(index: number): void {
    this.all[this.at]?.removeAttribute("aria-current");
    this.at = Math.min(Math.max(index, 0), this.all.length - 1);
    this.all[this.at]?.setAttribute("aria-current", "true");
    this.all[this.at]?.scrollIntoView({ block: "nearest" });
  }
}

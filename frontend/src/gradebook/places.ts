/** Where one is in the grid: one of its cells is in the order of the Tab key, and keys move it. */
interface Wanted {
  readonly row: HTMLTableRowElement;
  readonly column: number;
}

export class Places {
  private current: HTMLTableCellElement | null = null;
  private wanted: { readonly student: string; readonly column: number } | null = null;
  private readonly heads: HTMLTableCellElement[];
  private readonly words: Record<string, readonly string[]>;

  constructor(
    readonly table: HTMLTableElement,
    private readonly told: HTMLElement,
  ) {
    this.heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    this.words = JSON.parse(table.dataset["words"] ?? "{}") as Record<string, readonly string[]>;
    const first = table.tBodies[0]?.rows[0]?.cells[this.firstColumn];
    if (first) this.current = first;
    if (first) first.tabIndex = 0;
  }

  /** The place of the first column with marks. */
  get firstColumn(): number {
    return this.heads.findIndex((one) => one.dataset["item"] !== undefined);
  }

  /** Returns the cell of a mark that an element is in. */
  cellOf(element: Element): HTMLTableCellElement | null {
    const cell = element.closest("td");
    return cell instanceof HTMLTableCellElement && this.head(cell) ? cell : null;
  }

  /** Moves to a cell, and tells of it. */
  focus(cell: HTMLTableCellElement): void {
    if (this.current && this.current !== cell) this.current.removeAttribute("tabindex");
    this.current = cell;
    cell.tabIndex = 0;
    (cell.querySelector("input") ?? cell).focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  entered(element: Element): void {
    const cell = this.cellOf(element);
    if (cell) this.told.textContent = this.describe(cell);
  }

  /** Returns a cell in words: whose mark, of what, and whether the LMS has it. */
  describe(cell: HTMLTableCellElement): string {
    const text = cell.querySelector("input") ? "" : cell.textContent?.trim();
    const parts = [`${this.name(cell)}: ${text || "no mark"}`];
    if (text && /^[\d.]+$/.test(text)) parts[0] += ` of ${this.head(cell)?.dataset["maximum"] ?? ""}`;
    if (cell.classList.contains("by-hand")) parts.push("by hand");
    const state = this.words[cell.dataset["lms"] ?? ""];
    if (state) parts.push(state[2] ?? "");
    return parts.join(" · ");
  }

  /** Returns whose mark of what it is. */
  name(cell: HTMLTableCellElement): string {
    const person = cell.closest("tr")?.cells[0]?.querySelector("a")?.textContent ?? "";
    return `${person}, ${this.head(cell)?.dataset["title"] ?? ""}`;
  }

  /** Returns the address of the page of a cell's mark. */
  address(cell: HTMLTableCellElement): string {
    const person = cell.closest("tr")?.cells[0]?.querySelector("a")?.getAttribute("href") ?? "";
    return `${person}/marks/${this.head(cell)?.dataset["item"] ?? ""}`;
  }

  /** Does what a key means that moves, and returns whether it means that. */
  takes(cell: HTMLTableCellElement, event: KeyboardEvent): boolean {
    if (event.altKey || event.metaKey) return false;
    if (event.key === "Enter" && event.shiftKey) {
      location.assign(this.address(cell));
      return true;
    }
    const target = this.target(cell, event);
    if (target) this.go(target.row, target.column);
    return target !== null;
  }

  /** Moves by so many rows and columns, as far as there are any. */
  move(cell: HTMLTableCellElement, down: number, right: number): void {
    const row = this.rowBy(cell.closest("tr") as HTMLTableRowElement, down);
    this.go(row, this.within(cell.cellIndex + right));
  }

  /** Goes on to where somebody was on their way to, once its rows are there. */
  arrived(): void {
    if (!this.wanted) return;
    const row = this.table.querySelector<HTMLTableRowElement>(`tr[data-student="${this.wanted.student}"]`);
    const cell = row?.cells[this.wanted.column];
    if (row && cell && this.head(cell) && !row.closest(".waits")) {
      this.wanted = null;
      this.focus(cell);
    }
  }

  private target(cell: HTMLTableCellElement, event: KeyboardEvent): Wanted | null {
    const row = cell.closest("tr") as HTMLTableRowElement;
    const rows = event.ctrlKey ? Infinity : 0;
    const forward = getComputedStyle(this.table).direction === "rtl" ? -1 : 1;
    const last = this.heads.length - 1;
    switch (event.key) {
      case "ArrowUp":
        return { row: this.rowBy(row, -1), column: cell.cellIndex };
      case "ArrowDown":
        return { row: this.rowBy(row, 1), column: cell.cellIndex };
      case "ArrowLeft":
        return { row, column: this.within(cell.cellIndex - forward) };
      case "ArrowRight":
        return { row, column: this.within(cell.cellIndex + forward) };
      case "PageUp":
        return { row: this.rowBy(row, -10), column: cell.cellIndex };
      case "PageDown":
        return { row: this.rowBy(row, 10), column: cell.cellIndex };
      case "Home":
        return { row: this.rowBy(row, -rows), column: this.firstColumn };
      case "End":
        return { row: this.rowBy(row, rows), column: last };
      default:
        return null;
    }
  }

  private go(row: HTMLTableRowElement, column: number): void {
    const cell = row.cells[column];
    if (cell && !row.closest(".waits")) {
      this.focus(cell);
      return;
    }
    // Scrolled to, its rows come.
    this.wanted = { student: row.dataset["student"] ?? "", column };
    row.scrollIntoView({ block: "nearest" });
  }

  private rowBy(row: HTMLTableRowElement, by: number): HTMLTableRowElement {
    const rows = [...this.table.rows].slice(1);
    const place = Math.min(Math.max(rows.indexOf(row) + by, 0), rows.length - 1);
    return rows[place] ?? row;
  }

  private within(column: number): number {
    return Math.min(Math.max(column, this.firstColumn), this.heads.length - 1);
  }

  private head(cell: HTMLTableCellElement): HTMLTableCellElement | null {
    const head = this.heads[cell.cellIndex];
    return head?.dataset["item"] ? head : null;
  }
}

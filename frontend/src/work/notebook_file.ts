/** A notebook's file, as it is handed in. Pure. */
interface Cell {
  cell_type?: unknown;
  outputs?: unknown;
  execution_count?: unknown;
}

/** Returns a notebook without what its cells put out, and how many of its cells are code. Throws for what is none. */
export function withoutOutputs(text: string): { readonly text: string; readonly cells: number } {
  const notebook = JSON.parse(text) as { cells?: unknown };
  if (!Array.isArray(notebook.cells)) throw new Error("no cells");
  let cells = 0;
  for (const cell of notebook.cells as Cell[]) {
    if (cell.cell_type !== "code") continue;
    cells += 1;
    cell.outputs = [];
    cell.execution_count = null;
  }
  return { text: JSON.stringify(notebook), cells };
}

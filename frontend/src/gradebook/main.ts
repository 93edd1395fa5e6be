/** The gradebook's grid by keyboard: https://www.w3.org/WAI/ARIA/apg/patterns/grid/ */
import { byId } from "../shared/dom";
import { CellEditor } from "./editing";
import { Places } from "./places";

const table = document.getElementById("grid");
if (table instanceof HTMLTableElement) {
  const places = new Places(table, byId("told"));
  const editor = new CellEditor(places, byId<HTMLInputElement>("reason"));
  table.addEventListener("focusin", (event) => places.entered(event.target as Element));
  table.addEventListener("mousedown", (event) => {
    const cell = places.cellOf(event.target as Element);
    if (!cell || (event.target as Element).closest("input")) return;
    event.preventDefault();
    places.focus(cell);
  });
  table.addEventListener("dblclick", (event) => {
    const cell = places.cellOf(event.target as Element);
    if (cell) editor.begin(cell);
  });
  table.addEventListener("keydown", (event) => {
    const cell = places.cellOf(event.target as Element);
    if (cell && (editor.takes(cell, event) || places.takes(cell, event))) event.preventDefault();
  });
  // Rows that were still to come.
  document.body.addEventListener("htmx:afterSettle", () => places.arrived());
}

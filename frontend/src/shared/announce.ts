/** Says something to those who listen to the page, without moving the focus. */
import { make } from "./dom";

let region: HTMLElement | null = null;
let last = "";

/** Has `text` read out after what is being read now. The same words are not said twice running. */
export function announce(text: string): void {
  region ??= document.body.appendChild(make("div", { class: "visually-hidden", role: "status" }));
  if (text === last) return;
  last = text;
  region.textContent = text;
}

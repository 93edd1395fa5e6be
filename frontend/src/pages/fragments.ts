/** Fragments that htmx puts into the page. Its settings stand in templates/base.html: no eval, our own origin only. */
import htmx from "htmx.org";
import { make } from "../shared/dom";
import { showLocalTimes } from "../shared/times";
import { letScrollByKeyboard } from "./scrolling";
import { installUtcFields } from "./utc_fields";

interface Settled {
  readonly target: HTMLElement;
  readonly xhr?: XMLHttpRequest;
}

export function installFragments(): void {
  htmx.process(document.body);
  // Also of what comes along out of its place, and of what takes the place of the element that asked.
  htmx.onLoad((element) => {
    const root = (element as HTMLElement).parentElement ?? document;
    showLocalTimes(root);
    installUtcFields(root);
    letScrollByKeyboard(root);
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, (event) => failed((event as CustomEvent<Settled>).detail));
  }
}

function failed({ target, xhr }: Settled): void {
  const words =
    xhr?.status === 401
      ? "Your session has ended. Open the assignment again from your course page."
      : "This could not be loaded. Try again in a moment.";
  target.replaceChildren(make("p", { class: "notice tone-warn", role: "status" }, words));
}

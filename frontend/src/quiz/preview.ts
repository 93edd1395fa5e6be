/** A quiz that its author tries: what is put in order tells the form, which is graded as it changes. */
import { byId } from "../shared/dom";
import { installOrdering } from "./ordering";

const form = byId<HTMLFormElement>("quiz");
for (const list of form.querySelectorAll<HTMLElement>(".ordering"))
  installOrdering(list, () => list.dispatchEvent(new Event("change", { bubbles: true })));
document.documentElement.dataset["ready"] = "true";

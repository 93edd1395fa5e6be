/** The page of a launch without our cookie: goes on with the secret of its login, if anybody kept it. */
import { byId } from "../shared/dom";
import * as platform from "./platform_storage";
import * as tab from "./tab_storage";

async function recall(): Promise<void> {
  show("opening");
  const storage = JSON.parse(byId("storage").textContent ?? "") as platform.Storage;
  const secret = tab.take(storage.key) ?? (await platform.get(storage));
  if (secret === null) {
    const alone = window.parent === window;
    byId("in-frame").hidden = alone;
    byId("in-window").hidden = !alone;
    show("blocked");
    document.documentElement.dataset["ready"] = "true";
    return;
  }
  // It has done its work: no need for the LMS to keep it.
  if (storage.frames.length > 0) void platform.put(storage, null);
  const form = byId<HTMLFormElement>("launch");
  (form.elements.namedItem("secret") as HTMLInputElement).value = secret;
  form.submit();
}

function show(id: "opening" | "blocked"): void {
  byId("opening").hidden = id !== "opening";
  byId("blocked").hidden = id !== "blocked";
}

void recall();

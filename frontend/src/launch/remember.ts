/** The page of a login: keeps its secret with the platform and in the tab, and goes on to the LMS. */
import { byId } from "../shared/dom";
import * as platform from "./platform_storage";
import * as tab from "./tab_storage";

interface Login {
  readonly storage: platform.Storage;
  readonly secret: string;
  readonly url: string;
}

async function remember(): Promise<void> {
  const { storage, secret, url } = JSON.parse(byId("login").textContent ?? "") as Login;
  const inTab = tab.put(storage.key, secret);
  // To ask around takes a moment: only where the login said where, or there is no other hope.
  if (storage.frames.length > 0 || !inTab) await platform.put(storage, secret);
  location.replace(url);
}

void remember();

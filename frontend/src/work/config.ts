/** What the server tells the page, in `#work-config`. */
import { byId } from "../shared/dom";
import type { Attempt } from "./attempt";
import type { ServerDraft } from "./texts";

export interface Language {
  readonly id: string;
  readonly label: string;
  readonly starter: string;
  readonly highlight: string;
}

export interface Config {
  readonly ap_id: string;
  readonly user_id: string;
  readonly draft: ServerDraft | null;
  readonly languages: readonly Language[];
  readonly urls: { readonly draft: string; readonly attempts: string; readonly history: string };
  readonly max_code_bytes: number;
  readonly read_only: boolean;
  readonly read_only_reason: string;
  readonly time_spent_seconds: number;
  readonly autosave_seconds: number;
  /** The last submission of before, with as much of its result as may be seen; null where nothing was submitted. */
  readonly last_submission: Attempt | null;
}

export function readConfig(page: Document = document): Config {
  const found = page === document ? byId("work-config") : page.getElementById("work-config");
  return JSON.parse(found?.textContent ?? "") as Config;
}

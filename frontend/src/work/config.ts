/** What the server tells the page, in `#work-config`. */
import { byId } from "../shared/dom";
import type { Attempt } from "./attempt";
import type { ServerDraft } from "./texts";
import type { Timing } from "./timing";

export interface Language {
  readonly id: string;
  readonly label: string;
  readonly starter: string;
  readonly highlight: string;
}

/** What is asked of an answer of several files. */
export interface AnswerFiles {
  /** How many there may be. */
  readonly most: number;
  /** The names of those that are there from the beginning, and stay. */
  readonly required: readonly string[];
  /** How their names end; empty where any will do. */
  readonly endings: readonly string[];
  /** The file in which the program begins; null where that is found out. */
  readonly main: string | null;
  /** Language id -> the name of its file where there is only one. */
  readonly usual: Readonly<Record<string, string>>;
  /** The names of the problem's files that lie beside the answer's. */
  readonly given: readonly string[];
}

export interface Config {
  readonly ap_id: string;
  readonly user_id: string;
  readonly draft: ServerDraft | null;
  readonly languages: readonly Language[];
  readonly urls: {
    readonly draft: string;
    readonly attempts: string;
    readonly history: string;
    /** Where an archive is unpacked, for an answer of several files. */
    readonly unpack?: string;
  };
  /** The most that the answer's text may take up. */
  readonly max_code_bytes: number;
  /** Which of a student's papers it is, where they answer a quiz. */
  readonly sitting?: number;
  /** Whether each submission of theirs has questions of its own. */
  readonly new_papers?: boolean;
  /** Null where the answer is one text. */
  readonly answer_files?: AnswerFiles | null;
  /** Null where nothing is held to times. */
  readonly timing?: Timing | null;
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

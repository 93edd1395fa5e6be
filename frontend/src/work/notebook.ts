/** The page where a student hands in a notebook that was worked on elsewhere. */
import type { Refusal } from "../shared/api";
import { byId } from "../shared/dom";
import { clock } from "../shared/times";
import type { AttemptType } from "./attempt";
import { readConfig, type Config } from "./config";
import { HandIn } from "./hand_in";
import { confirmed, Notices } from "./notices";
import { withoutOutputs } from "./notebook_file";
import { ResultPanel } from "./results";
import { installSplitter } from "./splitter";
import { countSubmission } from "./submissions";
import { installTabs } from "./tabs";
import { SubmitTimes } from "./timing";

const BUTTONS = { test_run: "run", final_submission: "submit" } as const;

class NotebookPage {
  readonly #config: Config;
  readonly #notices = new Notices(byId("notices"));
  readonly #file = byId<HTMLInputElement>("notebook-file");
  readonly #handIn: HandIn;
  readonly #times: SubmitTimes;
  #code = "";
  #listed = false;

  constructor(config: Config) {
    this.#config = config;
    this.#handIn = new HandIn({
      url: config.urls.attempts,
      buttons: { test_run: byId("run"), final_submission: byId("submit") },
      panel: new ResultPanel(byId("result")),
      text: () => ({ code: this.#code, language: config.languages[0]?.id ?? "" }),
      focusedSeconds: () => 0,
      markLines: () => undefined,
      refused: (refusal) => this.#refused(refusal),
      handedIn: (type, handed) => {
        if (type === "final_submission") countSubmission();
        this.#times.wait(handed.next_in_seconds ?? 0);
      },
      waits: () => this.#times.waits,
      listChanged: () => {
        if (this.#listed) this.#list();
      },
    });
    this.#times = new SubmitTimes(() => this.#handIn.refresh());
    this.#times.begin(config.timing);
    if (config.last_submission) this.#handIn.show(config.last_submission);
    this.#listen();
  }

  #listen(): void {
    installSplitter(byId("workspace"), byId("splitter"));
    installTabs(byId("tabs"), (id) => {
      if (id === "panel-history") this.#list();
    });
    this.#file.addEventListener("change", () => void this.#choose());
    for (const type of ["test_run", "final_submission"] as const) {
      const button = byId<HTMLButtonElement>(BUTTONS[type]);
      button.addEventListener("click", () => void this.#press(type, button));
      button.disabled = this.#config.read_only;
    }
    if (this.#config.read_only) {
      const title = "Nothing more is accepted.";
      this.#notices.show("closed", { tone: "warn", title, message: this.#config.read_only_reason });
    }
  }

  /** Has htmx, which every page has, load the list of attempts. */
  #list(): void {
    this.#listed = true;
    byId("attempts").dispatchEvent(new Event("refresh"));
  }

  async #choose(): Promise<void> {
    const file = this.#file.files?.[0];
    const chosen = byId("notebook-chosen");
    this.#notices.show("handed", null);
    this.#code = "";
    chosen.textContent = "";
    if (file === undefined) return;
    try {
      const read = withoutOutputs(await file.text());
      const cells = `${read.cells} ${read.cells === 1 ? "cell" : "cells"} of code`;
      this.#code = read.text;
      chosen.textContent = `${cells}, read at ${clock(new Date().toISOString())}`;
    } catch {
      this.#tell(
        "This is no notebook.",
        `${file.name} cannot be read as one. Choose a file that ends in .ipynb.`,
      );
    }
    this.#handIn.refresh();
  }

  async #press(type: AttemptType, button: HTMLButtonElement): Promise<void> {
    if (type === "final_submission") this.#times.say();
    if (button.disabled || button.getAttribute("aria-disabled") === "true") return;
    this.#notices.show("handed", null);
    if (this.#code === "") {
      this.#tell("Choose your notebook first.", "It is the file that ends in .ipynb.");
      this.#file.focus();
      return;
    }
    if (type === "final_submission" && button.dataset["left"] === "1") {
      const words =
        "This is your last submission for this problem. Run the sample tests first if you are not sure.";
      if (!(await confirmed("Submit for the last time?", words, "Submit"))) return;
    }
    byId("tab-result").click();
    await this.#handIn.press(type);
  }

  #refused(refusal: Refusal): void {
    this.#tell(refusal.retryable ? "Not handed in yet." : "This was not accepted.", refusal.message);
    this.#times.refused(refusal);
  }

  #tell(title: string, message: string): void {
    const close = { label: "Close", run: () => this.#notices.show("handed", null) };
    this.#notices.show("handed", { tone: "fail", title, message, actions: [close] });
  }
}

new NotebookPage(readConfig());
document.documentElement.dataset["ready"] = "true";

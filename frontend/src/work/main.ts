/** The page where a student works: wires the parts together. */
import { announce } from "../shared/announce";
import type { Refusal } from "../shared/api";
import { byId } from "../shared/dom";
import { clock } from "../shared/times";
import { Editor } from "../editor/editor";
import type { AttemptType } from "./attempt";
import { compilerMessages } from "./compiler";
import { readConfig, type Config, type Language } from "./config";
import { HandIn } from "./hand_in";
import { Keeping } from "./keeping";
import { chooseText, confirmed, copyCode, Notices } from "./notices";
import { Past } from "./past";
import { reconcile, type LocalCopy } from "./reconcile";
import { ResultPanel } from "./results";
import { savedState } from "./saved_state";
import { Saver } from "./saver";
import { comeBack } from "./session";
import { isOwed, opened, type Saving } from "./saving";
import { installSplitter } from "./splitter";
import { installTabs } from "./tabs";
import { sameText, type Text } from "./texts";

class WorkPage {
  readonly #config: Config;
  readonly #keeping: Keeping;
  readonly #texts = new Map<string, string>();
  readonly #editor: Editor;
  readonly #saver: Saver;
  readonly #handIn: HandIn;
  readonly #past: Past;
  readonly #notices = new Notices(byId("notices"));
  readonly #select = byId<HTMLSelectElement>("language");
  #choosing = false;
  #loading = false;

  constructor(config: Config, keeping: Keeping) {
    this.#config = config;
    this.#keeping = keeping;
    for (const language of config.languages) this.#texts.set(language.id, language.starter);
    for (const [id, code] of Object.entries(config.draft?.other_drafts ?? {})) this.#texts.set(id, code);
    const first = this.#firstText();
    this.#texts.set(first.language, first.code);
    this.#editor = new Editor({
      parent: byId("editor"),
      code: first.code,
      highlight: this.#language(first.language).highlight,
      readOnly: config.read_only,
      label: "Your program",
      describedBy: "editor-help",
      changed: (code) => this.#typed(code),
    });
    this.#select.value = first.language;
    const draft = config.draft;
    const state = opened(first, draft ? first : null, draft?.revision ?? 0, draft?.saved_at ?? null);
    this.#saver = new Saver(config, keeping, state, (now, before) => this.#saverChanged(now, before));
    this.#handIn = this.#makeHandIn();
    this.#past = this.#makePast();
    this.#listen();
    this.#showSaved();
  }

  /** Compares what the server sent with what this browser kept of earlier pages. */
  async reconcile(): Promise<void> {
    const copies = await this.#keeping.orphans();
    const { opening, left } = reconcile(this.#config.draft, copies);
    for (const copy of left) await this.#keepCopyAside(copy);
    if (this.#config.read_only) {
      if (opening.kind !== "server") await this.#keepCopyAside(opening.copy);
    } else if (opening.kind === "restore") {
      this.#restoreCopy(opening.copy);
    } else if (opening.kind === "choose") {
      await this.#chooseCopy(opening.copy);
    }
    await this.#keeping.forget(copies);
    await this.#past.showKept();
  }

  get #text(): Text {
    return { code: this.#editor.code, language: this.#select.value };
  }

  #language(id: string): Language {
    return this.#config.languages.find((language) => language.id === id) ?? this.#config.languages[0]!;
  }

  #firstText(): Text {
    const { draft, languages } = this.#config;
    if (draft && languages.some((language) => language.id === draft.language)) return draft;
    const first = languages[0];
    return { code: draft?.code ?? first?.starter ?? "", language: first?.id ?? "" };
  }

  #typed(code: string): void {
    if (this.#loading) return;
    this.#texts.set(this.#select.value, code);
    this.#saver.edited(this.#text);
    this.#handIn.refresh();
  }

  #changeLanguage(id: string): void {
    this.#open({ code: this.#texts.get(id) ?? "", language: id });
    this.#saver.languageChanged(this.#text);
    announce(`${this.#language(id).label}. The text in the other language is kept.`);
  }

  /** Shows a text without counting it as typed. */
  #open(text: Text): void {
    this.#loading = true;
    this.#select.value = text.language;
    this.#texts.set(text.language, text.code);
    this.#editor.open(text.code, this.#language(text.language).highlight);
    this.#editor.lock(this.#config.read_only);
    this.#loading = false;
    this.#handIn.refresh();
  }

  #restoreCopy(copy: LocalCopy): void {
    for (const text of copy.waiting) {
      this.#open(text);
      this.#saver.languageChanged(text);
    }
    this.#open(copy);
    this.#saver.languageChanged(this.#text);
    this.#notices.show("restored", {
      tone: "quiet",
      title: "Your latest text is back.",
      message: "It was kept in this browser, because the server had not got it yet. It is being saved now.",
      actions: [{ label: "All right", run: () => this.#notices.show("restored", null) }],
    });
  }

  async #chooseCopy(copy: LocalCopy): Promise<void> {
    const theirs = this.#text;
    const which = await chooseText({
      title: "Two texts of this problem",
      explanation:
        "This browser kept a text that the server never got, and another one was saved since. Choose which to go on with; the other stays under History.",
      mine: copy,
      mineLabel: "Kept in this browser",
      theirs,
      theirsLabel: "Saved from another tab or device",
    });
    await this.#keeping.keepText(which === "mine" ? theirs : copy, "Not chosen of two texts");
    if (which === "mine") {
      this.#open(copy);
      this.#saver.languageChanged(this.#text);
    }
  }

  async #keepCopyAside(copy: LocalCopy): Promise<void> {
    await this.#keeping.keepText(copy, "Never saved");
  }

  #saverChanged(now: Saving, before: Saving): void {
    this.#showSaved();
    if (now.hold.kind === before.hold.kind) return;
    this.#notices.show("saving", null);
    switch (now.hold.kind) {
      case "conflict":
        void this.#resolveConflict();
        break;
      case "ended":
        this.#sayEnded(now.hold.message);
        break;
      case "closed":
        this.#sayClosed(now.hold.message);
        break;
      case "refused":
        this.#notices.show("saving", {
          tone: "fail",
          title: "This text cannot be saved.",
          message: now.hold.message,
        });
        break;
      case "offline":
        if (isOwed(now)) announce(byId("saved-text").textContent ?? "");
        break;
      case "none":
        if (before.hold.kind === "offline" && now.flight === null)
          announce(byId("saved-text").textContent ?? "");
    }
  }

  #showSaved(): void {
    const state = this.#saver?.state;
    if (!state) return;
    const said = savedState(state, this.#keeping.holds(state.current), clock);
    byId("saved").dataset["tone"] = this.#config.read_only ? "quiet" : said.tone;
    byId("saved-text").textContent = this.#config.read_only ? "Read only" : said.text;
  }

  async #resolveConflict(): Promise<void> {
    const hold = this.#saver.state.hold;
    if (hold.kind !== "conflict" || this.#choosing) return;
    this.#choosing = true;
    const { theirs } = hold;
    const which = await chooseText({
      title: "This problem was also saved elsewhere",
      explanation:
        "Choose which text to go on with. Nothing is lost: the other one stays under History, in this browser.",
      mine: this.#text,
      mineLabel: "This tab",
      theirs,
      theirsLabel: `Saved from another tab or device, ${clock(theirs.saved_at)}`,
    });
    await this.#keeping.keepText(which === "mine" ? theirs : this.#text, "Not chosen of two texts");
    this.#choosing = false;
    if (which === "theirs") this.#open(theirs);
    this.#saver.choose(which);
    await this.#past.showKept();
  }

  #sayEnded(message: string): void {
    this.#notices.show("saving", {
      tone: "warn",
      title: "Your session has ended.",
      message: `${message} If you open it in another tab, this page goes on by itself.`,
      actions: [
        { label: "Copy my code", run: () => void copyCode(this.#editor.code).then(announce) },
        { label: "Try again", run: () => void this.#tryAgain(true) },
      ],
    });
  }

  async #tryAgain(loud: boolean): Promise<void> {
    const found = await comeBack(this.#config);
    if (found === "back") {
      this.#notices.show("session", null);
      this.#saver.resume();
      announce("Your session is back.");
    } else if (loud || found === "somebody_else") {
      const message =
        found === "somebody_else"
          ? "Somebody else is signed in in this browser now, so this text is not sent. Copy it, or sign in as yourself again."
          : "There is no session yet. Open the assignment from your course page, then try again.";
      this.#notices.show("session", { tone: "warn", title: "Not yet.", message });
    }
  }

  #sayClosed(message: string): void {
    this.#editor.lock(true);
    this.#notices.show("saving", {
      tone: "warn",
      title: "Nothing more is accepted.",
      message,
      actions: [{ label: "Copy my code", run: () => void copyCode(this.#editor.code).then(announce) }],
    });
  }

  #refused(refusal: Refusal): void {
    if (refusal.status === 401) {
      this.#saver.stop(refusal.message);
      return;
    }
    this.#notices.show("handed", {
      tone: refusal.retryable ? "warn" : "fail",
      title: refusal.retryable ? "Not handed in yet." : "This was not accepted.",
      message: refusal.message,
      actions: [{ label: "Close", run: () => this.#notices.show("handed", null) }],
    });
  }

  #makeHandIn(): HandIn {
    const panel = new ResultPanel(byId("result"), (line, column) => this.#editor.jump(line, column));
    const buttons = {
      test_run: byId<HTMLButtonElement>("run"),
      final_submission: byId<HTMLButtonElement>("submit"),
    };
    return new HandIn({
      url: this.#config.urls.attempts,
      buttons,
      panel,
      text: () => this.#text,
      focusedSeconds: () => this.#saver.takeFocusedSeconds(),
      markLines: (output) => this.#editor.mark(compilerMessages(output)),
      refused: (refusal) => this.#refused(refusal),
      listChanged: (type) => {
        if (type === "final_submission") this.#countSubmission();
        this.#past.refreshIfOpen();
      },
    });
  }

  #makePast(): Past {
    return new Past({
      list: byId("attempts"),
      kept: byId("kept"),
      keeping: this.#keeping,
      languageLabel: (id) => this.#language(id).label,
      restore: (text, from) => void this.#restore(text, from),
      failed: (message) => this.#notices.show("past", { tone: "warn", title: "Not loaded.", message }),
    });
  }

  async #restore(text: Text, from: string): Promise<void> {
    if (this.#config.read_only || sameText(text, this.#text)) return;
    const known = this.#config.languages.some((language) => language.id === text.language);
    if (this.#editor.code !== this.#language(this.#select.value).starter) {
      await this.#keeping.keepText(this.#text, `Replaced by ${from}`);
    }
    this.#open(known ? text : { ...text, language: this.#select.value });
    this.#saver.languageChanged(this.#text);
    this.#editor.focus();
    announce(`The editor now holds ${from}. What was there is kept under History.`);
    await this.#past.showKept();
  }

  #countSubmission(): void {
    // The page counts what it has seen handed in; the server has the last word.
    this.#notices.show("handed", null);
  }

  async #press(type: AttemptType): Promise<void> {
    this.#notices.show("handed", null);
    const button = byId<HTMLButtonElement>(type === "test_run" ? "run" : "submit");
    if (button.disabled || button.getAttribute("aria-disabled") === "true") return;
    const left = Number(byId("submit").dataset["left"] ?? "NaN");
    if (type === "final_submission" && left === 1) {
      const words =
        "This is your last submission for this problem. Run the sample tests first if you are not sure.";
      if (!(await confirmed("Submit for the last time?", words, "Submit"))) return;
    }
    this.#saver.hurry();
    byId<HTMLElement>("tab-result").click();
    await this.#handIn.press(type);
  }

  #listen(): void {
    installSplitter(byId("workspace"), byId("splitter"));
    installTabs(byId("tabs"), (id) => id === "panel-history" && this.#past.open());
    this.#select.addEventListener("change", () => this.#changeLanguage(this.#select.value));
    byId("run").addEventListener("click", () => void this.#press("test_run"));
    byId("submit").addEventListener("click", () => void this.#press("final_submission"));
    document.addEventListener("keydown", (event) => this.#shortcut(event));
    document.addEventListener("visibilitychange", () => {
      const ended = this.#saver.state.hold.kind === "ended";
      if (document.visibilityState === "visible" && ended) void this.#tryAgain(false);
    });
    if (this.#config.read_only) {
      for (const id of ["run", "submit"]) byId<HTMLButtonElement>(id).disabled = true;
      this.#sayClosed(this.#config.read_only_reason);
    }
  }

  #shortcut(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      void this.#press(event.shiftKey ? "final_submission" : "test_run");
    } else if (event.key.toLowerCase() === "s" && !event.shiftKey) {
      event.preventDefault();
      this.#saver.hurry();
      announce(byId("saved-text").textContent ?? "");
    }
  }
}

async function begin(): Promise<void> {
  const config = readConfig();
  const page = new WorkPage(config, await Keeping.open(config.user_id, config.ap_id));
  await page.reconcile();
  document.documentElement.dataset["ready"] = "true";
}

void begin();

/** A page where a student works: wires the parts together, whatever the answer is written in. */
import { announce } from "../shared/announce";
import type { Refusal } from "../shared/api";
import { byId } from "../shared/dom";
import { clock } from "../shared/times";
import type { AttemptType } from "./attempt";
import { chooseText } from "./choosing";
import type { Config } from "./config";
import type { Desk, DeskEvents } from "./desk";
import { HandIn, type Buttons } from "./hand_in";
import { Hindrances } from "./hindrances";
import { Keeping } from "./keeping";
import { confirmed, Notices } from "./notices";
import { Past } from "./past";
import { reconcile, type LocalCopy } from "./reconcile";
import { ResultPanel } from "./results";
import { savedState } from "./saved_state";
import { Saver } from "./saver";
import { isOwed, opened, type Saving } from "./saving";
import { countSubmission } from "./submissions";
import { installTabs } from "./tabs";
import { sameText, type ServerDraft, type Text } from "./texts";
import { SubmitTimes } from "./timing";

/** What the page asks of a kind of work beyond its desk. */
export interface Kind {
  readonly makeDesk: (config: Config, events: DeskEvents, page: Opener) => Desk;
  /** What is asked before a submission that may not be meant; null where nothing is. */
  readonly doubts: (text: Text) => { readonly title: string; readonly message: string } | null;
  /** What is said before the last submission. */
  readonly lastWords: string;
}

/** How a desk has the page take a text in the place of what is there. */
export interface Opener {
  readonly restore: (text: Text, from: string) => void;
  readonly unopened: (message: string) => void;
}

export class WorkPage {
  readonly #kind: Kind;
  readonly #config: Config;
  readonly #keeping: Keeping;
  readonly #desk: Desk;
  readonly #saver: Saver;
  readonly #handIn: HandIn;
  readonly #past: Past;
  readonly #times: SubmitTimes;
  readonly #notices = new Notices(byId("notices"));
  readonly #hindrances: Hindrances;
  #choosing = false;

  constructor(config: Config, keeping: Keeping, kind: Kind) {
    this.#config = config;
    this.#keeping = keeping;
    this.#kind = kind;
    this.#desk = this.#makeDesk();
    const { draft } = config;
    const first = this.#desk.text;
    const state = opened(first, draft ? first : null, draft?.revision ?? 0, draft?.saved_at ?? null);
    this.#saver = new Saver(config, keeping, state, (now, before) => this.#saverChanged(now, before));
    this.#hindrances = new Hindrances({
      config,
      notices: this.#notices,
      rescue: this.#desk.rescue,
      lock: () => this.#desk.lock(),
      resume: () => this.#saver.resume(),
    });
    this.#handIn = this.#makeHandIn();
    this.#past = this.#makePast();
    this.#times = new SubmitTimes(() => this.#handIn.refresh());
    this.#times.begin(config.timing);
    if (config.last_submission) this.#handIn.show(config.last_submission);
    this.#listen();
    this.#showSaved(state);
  }

  /** Compares what the server sent with what this browser kept of earlier pages. */
  async reconcile(): Promise<void> {
    const copies = await this.#keeping.orphans();
    const { opening, left } = reconcile(this.#config.draft, copies);
    for (const copy of left) await this.#keeping.keepText(copy, "Never saved");
    if (opening.kind !== "server" && this.#config.read_only) {
      await this.#keeping.keepText(opening.copy, "Never saved");
    } else if (opening.kind === "restore") {
      this.#restoreCopy(opening.copy);
    } else if (opening.kind === "choose") {
      await this.#chooseCopy(opening.copy);
    }
    await this.#keeping.forget(copies);
    await this.#past.showKept();
  }

  /** Shows a text, and saves it like one that was typed. */
  #use(text: Text): void {
    this.#desk.open(text);
    this.#saver.languageChanged(this.#desk.text);
    this.#handIn.refresh();
  }

  #restoreCopy(copy: LocalCopy): void {
    for (const text of copy.waiting) this.#use(text);
    this.#use(copy);
    this.#notices.show("restored", {
      tone: "quiet",
      title: "Your latest text is back.",
      message: "It was kept in this browser, because the server had not got it yet. It is being saved now.",
      actions: [{ label: "All right", run: () => this.#notices.show("restored", null) }],
    });
  }

  async #chooseCopy(copy: LocalCopy): Promise<void> {
    const theirs = this.#desk.text;
    const which = await this.#choose(copy, theirs, {
      title: "Two texts of this problem",
      explanation:
        "This browser kept a text that the server never got, and another one was saved since. Choose which to go on with; the other stays under History.",
      mineLabel: "Kept in this browser",
      theirsLabel: "Saved from another tab or device",
    });
    if (which === "mine") this.#use(copy);
  }

  async #resolveConflict(theirs: ServerDraft): Promise<void> {
    if (this.#choosing) return;
    this.#choosing = true;
    const which = await this.#choose(this.#desk.text, theirs, {
      title: "This problem was also saved elsewhere",
      explanation:
        "Choose which text to go on with. Nothing is lost: the other one stays under History, in this browser.",
      mineLabel: "This tab",
      theirsLabel: `Saved from another tab or device, ${clock(theirs.saved_at)}`,
    });
    this.#choosing = false;
    if (which === "theirs") this.#desk.open(theirs);
    this.#saver.choose(which);
    this.#handIn.refresh();
    await this.#past.showKept();
  }

  async #choose(
    mine: Text,
    theirs: Text,
    words: { title: string; explanation: string; mineLabel: string; theirsLabel: string },
  ): Promise<"mine" | "theirs"> {
    const which = await chooseText({ ...words, mine, theirs, reader: this.#desk });
    await this.#keeping.keepText(which === "mine" ? theirs : mine, "Not chosen of two texts");
    return which;
  }

  #saverChanged(now: Saving, before: Saving): void {
    this.#showSaved(now);
    if (now.hold.kind === before.hold.kind) return;
    this.#hindrances.show(now.hold);
    if (now.hold.kind === "conflict") void this.#resolveConflict(now.hold.theirs);
    const back = before.hold.kind === "offline" && now.hold.kind === "none" && now.flight === null;
    if ((now.hold.kind === "offline" && isOwed(now)) || back) this.#saySaved();
  }

  #showSaved(state: Saving): void {
    const said = savedState(state, this.#keeping.holds(state.current), clock);
    byId("saved").dataset["tone"] = this.#config.read_only ? "quiet" : said.tone;
    byId("saved-text").textContent = this.#config.read_only ? "Read only" : said.text;
  }

  #saySaved(): void {
    announce(byId("saved-text").textContent ?? "");
  }

  #refused(refusal: Refusal): void {
    if (refusal.status === 401) this.#saver.stop(refusal.message);
    else this.#hindrances.refused(refusal);
    this.#times.refused(refusal);
  }

  #makeHandIn(): HandIn {
    const desk = this.#desk;
    const panel = new ResultPanel(byId("result"), {
      jump: (piece) => desk.jump(piece),
      pieces: (output) => desk.pieces(output),
    });
    return new HandIn({
      url: this.#config.urls.attempts,
      buttons: this.#buttons(),
      panel,
      text: () => desk.text,
      focusedSeconds: () => this.#saver.takeFocusedSeconds(),
      markLines: (output) => desk.mark(output),
      refused: (refusal) => this.#refused(refusal),
      handedIn: (type, handed) => {
        if (type === "final_submission") this.#submitted();
        this.#times.wait(handed.next_in_seconds ?? 0);
      },
      waits: () => this.#times.waits,
      listChanged: () => {
        this.#past.refreshIfOpen();
        document.getElementById("beside")?.dispatchEvent(new Event("refresh"));
      },
    });
  }

  #submitted(): void {
    countSubmission();
    if (!this.#config.new_papers) return;
    this.#desk.lock();
    if (byId("submit").dataset["left"] === "0") return;
    this.#notices.show("next", {
      tone: "quiet",
      title: "These questions are handed in.",
      message: "Your next submission has others.",
      actions: [{ label: "Go on with the next questions", run: () => location.reload() }],
    });
  }

  #makeDesk(): Desk {
    const config = this.#config;
    const events: DeskEvents = {
      typed: (text) => {
        this.#saver.edited(text);
        this.#handIn.refresh();
      },
      languageChanged: (text, label) => {
        this.#saver.languageChanged(text);
        this.#handIn.refresh();
        announce(`${label}. The text in the other language is kept.`);
      },
      replaced: (text, why) => void this.#keeping.keepText(text, why).then(() => this.#past.showKept()),
    };
    return this.#kind.makeDesk(config, events, {
      restore: (text, from) => void this.#restore(text, from),
      unopened: (message) => this.#hindrances.unopened(message),
    });
  }

  #makePast(): Past {
    return new Past({
      list: byId("attempts"),
      beside: document.getElementById("beside"),
      kept: byId("kept"),
      keeping: this.#keeping,
      reader: this.#desk,
      restore: (text, from) => void this.#restore(text, from),
      failed: (message) => this.#notices.show("past", { tone: "warn", title: "Not loaded.", message }),
    });
  }

  async #restore(text: Text, from: string): Promise<void> {
    if (this.#config.read_only || sameText(text, this.#desk.text)) return;
    if (!this.#desk.isStarter) await this.#keeping.keepText(this.#desk.text, `Replaced by ${from}`);
    this.#use(text);
    this.#desk.focus();
    announce(`The page now holds ${from}. What was there is kept under History.`);
    await this.#past.showKept();
  }

  async #press(type: AttemptType): Promise<void> {
    this.#hindrances.clearRefused();
    const button = this.#buttons()[type];
    if (type === "final_submission") this.#times.say();
    if (!button || button.disabled || button.getAttribute("aria-disabled") === "true") return;
    if (type === "final_submission" && !(await this.#isMeant(button))) return;
    this.#saver.hurry();
    byId("tab-result").click();
    await this.#handIn.press(type);
  }

  async #isMeant(button: HTMLButtonElement): Promise<boolean> {
    const doubts = this.#kind.doubts(this.#desk.text);
    const last = button.dataset["left"] === "1";
    if (!last && doubts === null) return true;
    const words = [doubts?.message, last && this.#kind.lastWords].filter(Boolean).join(" ");
    return confirmed(last ? "Submit for the last time?" : (doubts?.title ?? ""), words, "Submit");
  }

  #buttons(): Buttons {
    const run = document.getElementById("run") as HTMLButtonElement | null;
    const submit = byId<HTMLButtonElement>("submit");
    return run ? { test_run: run, final_submission: submit } : { final_submission: submit };
  }

  #listen(): void {
    installTabs(byId("tabs"), (id) => id === "panel-history" && this.#past.open());
    const buttons = Object.entries(this.#buttons()) as [AttemptType, HTMLButtonElement][];
    for (const [type, button] of buttons) button.addEventListener("click", () => void this.#press(type));
    document.addEventListener("keydown", (event) => this.#shortcut(event));
    document.addEventListener("visibilitychange", () => {
      const ended = this.#saver.state.hold.kind === "ended";
      if (document.visibilityState === "visible" && ended) void this.#hindrances.tryAgain(false);
    });
    if (!this.#config.read_only) return;
    for (const [, button] of buttons) button.disabled = true;
    this.#hindrances.closed(this.#config.read_only_reason);
  }

  #shortcut(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      void this.#press(event.shiftKey ? "final_submission" : "test_run");
    } else if (event.key.toLowerCase() === "s" && !event.shiftKey) {
      event.preventDefault();
      this.#saver.hurry();
      this.#saySaved();
    }
  }
}

/** Where an answer of several files is written. */
import { Editor, type Parked } from "../../editor/editor";
import { highlightOf } from "../../editor/languages";
import { announce } from "../../shared/announce";
import { byId } from "../../shared/dom";
import type { Piece } from "../compiler";
import { messagesIn, piecesIn, type FileMessage } from "../compiler_files";
import type { AnswerFiles, Config } from "../config";
import type { Desk, DeskEvents } from "../desk";
import { installFiles } from "../dropping";
import { LanguageChoice } from "../language_choice";
import { Notices, type Action } from "../notices";
import type { Part, Text } from "../texts";
import { begun, sizeOf, sizeText, type Answer } from "./answer";
import { FileChanges } from "./changes";
import { downloadAll } from "./download";
import { FileHead } from "./head";
import { FileList } from "./list";
import { needed } from "./names";
import { partsOf } from "./parts";
import { room } from "./room";

export class FilesDesk implements Desk {
  readonly rescue: Action = { label: "Download my files", run: () => downloadAll(this.#answer.files) };
  readonly #mostBytes: number;
  readonly #rules: AnswerFiles;
  readonly #events: DeskEvents;
  readonly #languages: LanguageChoice;
  readonly #editor: Editor;
  readonly #list: FileList;
  readonly #head: FileHead;
  readonly #changes: FileChanges;
  readonly #told = new Notices(byId("files-told"));
  /** Texts that are not shown at the moment, by language and name. */
  readonly #parked = new Map<string, Parked>();
  /** What the compiler said of each file, and the files in which it has not been shown yet. */
  #messages = new Map<string, FileMessage[]>();
  #unmarked = new Set<string>();
  #answer: Answer;
  #language: string;
  #open: string | null = null;
  #isLocked: boolean;

  constructor(config: Config, rules: AnswerFiles, events: DeskEvents) {
    this.#mostBytes = config.max_code_bytes;
    this.#rules = rules;
    this.#events = events;
    this.#isLocked = config.read_only;
    this.#languages = new LanguageChoice(config, (text) => this.#goTo(text));
    this.#language = this.#languages.id;
    this.#answer = begun(this.#languages.text.code, this.#language, rules);
    this.#editor = new Editor({
      parent: byId("editor"),
      code: "",
      highlight: "",
      readOnly: config.read_only,
      label: "",
      describedBy: "editor-help",
      changed: (code) => this.#typed(code),
    });
    this.#changes = this.#makeChanges(config.urls.unpack ?? "");
    const events_ = {
      opened: (name: string) => this.#show(name),
      renamed: (name: string) => void this.#changes.rename(name),
      removed: (name: string) => this.#changes.remove(name),
    };
    this.#list = new FileList(byId("files"), events_);
    this.#head = new FileHead(events_);
    this.#listen();
    this.#show(this.#first());
  }

  get text(): Text {
    return { code: this.#answer.text, language: this.#language };
  }

  get isStarter(): boolean {
    return this.#answer.text === begun(this.#languages.starter, this.#language, this.#rules).text;
  }

  label(language: string): string {
    return this.#languages.label(language);
  }

  parts(text: Text): Part[] {
    return partsOf(text.code, this.#rules.usual[text.language] ?? "");
  }

  open(text: Text): void {
    this.#languages.take(text);
    this.#language = this.#languages.id;
    // They belong to the files that give way.
    for (const key of this.#parked.keys())
      if (key.startsWith(`${this.#language}\n`)) this.#parked.delete(key);
    this.#begin(text.code);
  }

  lock(): void {
    this.#isLocked = true;
    this.#editor.lock();
    this.#draw();
  }

  focus(): void {
    if (this.#isText(this.#open)) this.#editor.focus();
    else this.#list.focus();
  }

  mark(output: string): void {
    this.#messages = new Map();
    for (const message of messagesIn(this.#answer.names, output)) {
      this.#messages.set(message.file, [...(this.#messages.get(message.file) ?? []), message]);
    }
    this.#unmarked = new Set(this.#answer.names);
    this.#markOpen();
    this.#draw();
  }

  pieces(output: string): Piece[] {
    return piecesIn(this.#answer.names, output);
  }

  jump(piece: Piece): void {
    if (piece.file === undefined || piece.line === null) return;
    if (!this.#isText(piece.file)) {
      this.#tell(
        `${piece.file} is not among your files any more.`,
        "History has the attempt in which it was.",
      );
      return;
    }
    this.#show(piece.file);
    this.#editor.jump(piece.line, piece.column);
    announce(`${piece.file}, line ${piece.line}`);
  }

  #listen(): void {
    byId("file-new").addEventListener("click", () => void this.#changes.make());
    byId("files-download").addEventListener("click", () => downloadAll(this.#answer.files));
    const words = "Drop files or a ZIP here to add them";
    installFiles(byId("file-upload"), words, (files) => void this.#changes.bringIn(files));
  }

  #goTo(text: Text): void {
    this.#park();
    this.#language = text.language;
    this.#begin(text.code);
    this.#events.languageChanged(this.text, this.label(text.language));
  }

  #begin(code: string): void {
    const open = this.#open;
    this.#open = null;
    this.#answer = begun(code, this.#language, this.#rules);
    this.#messages = new Map();
    this.#unmarked = new Set();
    this.#tellNothing();
    this.#show(open !== null && this.#answer.has(open) ? open : this.#first());
  }

  #first(): string | null {
    const { main, usual } = this.#rules;
    const likely = [main, ...needed(this.#rules), usual[this.#language] ?? null];
    return likely.find((name) => name !== null && this.#answer.has(name)) ?? this.#answer.names[0] ?? null;
  }

  #isText(name: string | null): name is string {
    return name !== null && typeof this.#answer.get(name) === "string";
  }

  #key(name: string): string {
    return `${this.#language}\n${name}`;
  }

  #park(): void {
    if (this.#isText(this.#open)) this.#parked.set(this.#key(this.#open), this.#editor.park());
  }

  /** Opens a file, and goes on where it was left. */
  #show(name: string | null): void {
    if (name !== this.#open) {
      this.#park();
      this.#open = name;
      this.#fill();
    }
    this.#markOpen();
    this.#draw();
  }

  /** Puts the open file into the editor. */
  #fill(): void {
    if (!this.#isText(this.#open)) return;
    const key = this.#key(this.#open);
    const parked = this.#parked.get(key);
    if (parked) this.#editor.goOn(parked);
    else this.#editor.open(String(this.#answer.get(this.#open)), highlightOf(this.#open), this.#open);
    this.#parked.delete(key);
  }

  #markOpen(): void {
    if (!this.#isText(this.#open) || !this.#unmarked.delete(this.#open)) return;
    this.#editor.mark(this.#messages.get(this.#open) ?? []);
  }

  #typed(code: string): void {
    if (this.#open === null) return;
    this.#answer.put(this.#open, code);
    this.#changed();
    this.#drawRoom();
  }

  /** What is on the page is not what it was. */
  #changed(): void {
    this.#languages.keep(this.#answer.text);
    this.#events.typed(this.text);
  }

  #makeChanges(unpackUrl: string): FileChanges {
    return new FileChanges({
      rules: this.#rules,
      mostBytes: this.#mostBytes,
      unpackUrl,
      example: () => this.#example(),
      answer: () => this.#answer,
      added: (names) => this.#added(names),
      renamed: (from, to) => this.#renamed(from, to),
      removed: (name) => this.#removed(name),
      replacing: (why) => this.#events.replaced(this.text, why),
      tell: (title, message, actions) => this.#tell(title, message, actions),
    });
  }

  #added(names: readonly string[]): void {
    for (const name of names) this.#parked.delete(this.#key(name));
    // What is open may have another text now.
    if (this.#open !== null && names.includes(this.#open)) this.#open = null;
    this.#show(names.find((name) => this.#isText(name)) ?? names[0] ?? this.#open);
    this.#changed();
    this.focus();
  }

  #renamed(from: string, to: string): void {
    const parked = this.#parked.get(this.#key(from));
    if (parked) this.#parked.set(this.#key(to), { ...parked, highlight: highlightOf(to) });
    this.#parked.delete(this.#key(from));
    this.#messages.delete(from);
    if (this.#open === from) {
      this.#open = to;
      if (this.#isText(to)) this.#editor.rename(to, highlightOf(to));
    }
    this.#draw();
    this.#changed();
  }

  #removed(name: string): () => void {
    const content = this.#answer.get(name) ?? "";
    if (this.#open === name) this.#park();
    const key = this.#key(name);
    const parked = this.#parked.get(key);
    const answer = this.#answer;
    const at = answer.names.indexOf(name);
    answer.remove(name);
    this.#parked.delete(key);
    if (this.#open === name) {
      this.#open = null;
      this.#show(answer.names[at] ?? answer.names[at - 1] ?? null);
    }
    this.#draw();
    this.#changed();
    this.#list.focus();
    return () => {
      if (parked && answer === this.#answer) this.#parked.set(key, parked);
      this.#answer.put(name, content);
      this.#tellNothing();
      this.#show(name);
      this.#changed();
      this.focus();
    };
  }

  #example(): string {
    const [ending] = this.#rules.endings;
    return ending === undefined ? (this.#rules.usual[this.#language] ?? "notes.txt") : `Other${ending}`;
  }

  #tell(title: string, message: string, actions: readonly Action[] = []): void {
    const close = { label: "Close", run: () => this.#tellNothing() };
    this.#told.show("files", { tone: "quiet", title, message, actions: [...actions, close] });
  }

  #tellNothing(): void {
    this.#told.show("files", null);
  }

  #draw(): void {
    const { names } = this.#answer;
    const rows = names.map((name) => {
      const content = this.#answer.get(name);
      const size = content === undefined || typeof content === "string" ? "" : sizeText(sizeOf(content));
      return { name, size, messages: this.#messages.get(name)?.length ?? 0 };
    });
    this.#list.draw(rows, this.#open);
    const stays = this.#open !== null && needed(this.#rules).includes(this.#open);
    const content = this.#open === null ? undefined : this.#answer.get(this.#open);
    this.#head.draw(this.#open, content, stays, this.#isLocked);
    byId("file-panel").setAttribute(
      "aria-labelledby",
      `file-${Math.max(0, names.indexOf(this.#open ?? ""))}`,
    );
    for (const id of ["file-new", "file-upload"]) byId<HTMLButtonElement>(id).disabled = this.#isLocked;
    this.#drawRoom();
  }

  #drawRoom(): void {
    const said = room(this.#answer.bytes, this.#mostBytes);
    const place = byId("files-room");
    place.hidden = said === null;
    place.className = `files-room tone-${said?.tone ?? "warn"}`;
    place.textContent = said?.text ?? "";
  }
}

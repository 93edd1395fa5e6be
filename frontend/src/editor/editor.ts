/** The code editor: CodeMirror 6, with the keys and the looks that this page wants. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, type StateEffect } from "@codemirror/state";
import {
  crosshairCursor,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  rectangularSelection,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { languageSupport } from "./languages";

export interface Mark {
  /** From 1. */
  readonly line: number;
  readonly column: number | null;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
}

/** A text that is not shown at the moment. */
export interface Parked {
  readonly state: EditorState;
  readonly scrolled: StateEffect<unknown>;
  readonly highlight: string;
}

export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly code: string;
  readonly highlight: string;
  readonly readOnly: boolean;
  /** The editor's accessible name. */
  readonly label: string;
  /** Id of the element that says how to leave the editor by keyboard. */
  readonly describedBy?: string;
  readonly changed?: (code: string) => void;
}

export class Editor {
  readonly #view: EditorView;
  readonly #language = new Compartment();
  readonly #locked = new Compartment();
  readonly #name = new Compartment();
  readonly #options: EditorOptions;
  #highlight = "";
  #isLocked: boolean;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#isLocked = options.readOnly;
    this.#view = new EditorView({
      parent: options.parent,
      state: this.#fresh(options.code),
    });
    void this.#colour(options.highlight);
  }

  get code(): string {
    return this.#view.state.doc.toString();
  }

  /** Shows another text, with an undo history of its own, under an accessible name of its own where it has one. */
  open(code: string, highlight: string, label?: string): void {
    this.#view.setState(this.#fresh(code, label));
    void this.#colour(highlight);
  }

  /** Returns the text as it stands, with its undo history, cursor and marks, to be gone on with later. */
  park(): Parked {
    return { state: this.#view.state, scrolled: this.#view.scrollSnapshot(), highlight: this.#highlight };
  }

  /** Goes on with a text that gave way to another one. */
  goOn(parked: Parked): void {
    this.#view.setState(parked.state);
    this.#view.dispatch({
      // It may have been locked since.
      effects: [parked.scrolled, this.#locked.reconfigure(locked(this.#isLocked))],
    });
    void this.#colour(parked.highlight);
  }

  /** Gives the text another accessible name, and the colours that go with it. */
  rename(label: string, highlight: string): void {
    this.#view.dispatch({ effects: this.#name.reconfigure(named(label)) });
    void this.#colour(highlight);
  }

  /** From now on the text can be read and copied, and no more. */
  lock(): void {
    this.#isLocked = true;
    this.#view.dispatch({ effects: this.#locked.reconfigure(locked(true)) });
  }

  focus(): void {
    this.#view.focus();
  }

  /** Puts the cursor into a line and brings it into view. */
  jump(line: number, column: number | null): void {
    const at = this.#position(line, column);
    this.#view.dispatch({
      selection: { anchor: at },
      effects: EditorView.scrollIntoView(at, { y: "center" }),
    });
    this.#view.focus();
  }

  /** Shows marks beside and under the lines they speak of, in place of any earlier ones. */
  mark(marks: readonly Mark[]): void {
    const diagnostics = marks.map((mark): Diagnostic => {
      const line = this.#view.state.doc.lineAt(this.#position(mark.line, null));
      const from = mark.column === null ? line.from : this.#position(mark.line, mark.column);
      return { from, to: Math.max(from, line.to), severity: mark.severity, message: mark.message };
    });
    this.#view.dispatch(
      setDiagnostics(
        this.#view.state,
        diagnostics.sort((a, b) => a.from - b.from),
      ),
    );
  }

  #position(line: number, column: number | null): number {
    const doc = this.#view.state.doc;
    const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return Math.min(found.from + Math.max(0, (column ?? 1) - 1), found.to);
  }

  async #colour(highlight: string): Promise<void> {
    this.#highlight = highlight;
    const support = await languageSupport(highlight);
    // Another text may have been opened while the language was being loaded.
    if (this.#highlight !== highlight) return;
    this.#view.dispatch({ effects: this.#language.reconfigure(support) });
  }

  #fresh(code: string, label = this.#options.label): EditorState {
    const { describedBy, changed } = this.#options;
    // It can be tabbed to by itself; said aloud, programs that look for such places find it too.
    const attributes: Record<string, string> = { spellcheck: "false", translate: "no", tabindex: "0" };
    if (describedBy) attributes["aria-describedby"] = describedBy;
    return EditorState.create({
      doc: code,
      extensions: [
        looks(),
        keys(),
        this.#language.of([]),
        this.#locked.of(locked(this.#isLocked)),
        this.#name.of(named(label)),
        EditorView.contentAttributes.of(attributes),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed?.(update.state.doc.toString());
        }),
      ],
    });
  }
}

function named(label: string): Extension {
  return EditorView.contentAttributes.of({ "aria-label": label });
}

function locked(readOnly: boolean): Extension {
  // It stays in the tab order and can be selected from, only not changed.
  return [
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({ "aria-readonly": String(readOnly) }),
  ];
}

function looks(): Extension {
  return [
    // Chromium hides the attribute from scripts; the property still has it.
    EditorView.cspNonce.of(document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? ""),
    lineNumbers(),
    lintGutter(),
    foldGutter(),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    // A drawn selection is a background, which forced colours take away: there the browser marks its own.
    matchMedia("(forced-colors: active)").matches ? [] : drawSelection(),
    rectangularSelection(),
    crosshairCursor(),
    bracketMatching(),
    syntaxHighlighting(classHighlighter),
    EditorState.allowMultipleSelections.of(true),
    EditorState.tabSize.of(4),
  ];
}

function keys(): Extension {
  return [
    history(),
    indentOnInput(),
    closeBrackets(),
    autocompletion(),
    // Run, Submit and Save are the page's keys, wherever the focus is.
    keymap.of([
      { key: "Mod-Enter", run: () => true },
      { key: "Shift-Mod-Enter", run: () => true },
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      // Escape, then Tab, leaves the editor: CodeMirror lets the Tab after an Escape through.
      indentWithTab,
    ]),
  ];
}

/** An attempt's own page: its code coloured, differences marked, and the result as soon as there is one. */
import { Editor } from "../editor/editor";
import { highlightOf } from "../editor/languages";
import { difference } from "../shared/difference";
import { byId } from "../shared/dom";
import { isFinished, type Attempt } from "../work/attempt";
import { compilerMessages, compilerPieces, type Piece } from "../work/compiler";
import { messagesIn, piecesIn } from "../work/compiler_files";
import { awaitRelease } from "../work/release";
import { outputBlock, ResultPanel } from "../work/results";
import { watch } from "../work/watch";

const attempt = JSON.parse(byId("attempt-data").textContent ?? "") as Attempt & {
  code: string;
  files: Record<string, string | null>;
};

// A notebook is on the page already, cell by cell.
const place = document.getElementById("code");
const editor = place && edited(place, attempt.code, place.dataset["highlight"] ?? "", "Code");
const editors = new Map<string, Editor>();
for (const one of document.querySelectorAll<HTMLElement>("[data-file]")) {
  const name = one.dataset["file"] ?? "";
  editors.set(name, edited(one, attempt.files[name] ?? "", highlightOf(name), name));
}
const names = Object.keys(attempt.files);
if (attempt.compile_output) {
  editor?.mark(compilerMessages(attempt.compile_output));
  const messages = messagesIn(names, attempt.compile_output);
  for (const [name, one] of editors) one.mark(messages.filter(({ file }) => file === name));
}

function edited(parent: HTMLElement, code: string, highlight: string, what: string): Editor {
  parent.replaceChildren();
  const label = `${what} of attempt ${attempt.attempt_number}`;
  return new Editor({ parent, code, highlight, readOnly: true, label });
}

for (const [index, row] of document.querySelectorAll<HTMLElement>("[data-test]").entries()) {
  const test = attempt.tests[index];
  if (test?.status !== "fail" || test.expected == null || test.output == null) continue;
  const marked = difference(test.expected, test.output);
  row.querySelector('[data-part="expected"]')?.replaceWith(outputBlock("Expected", marked.expected));
  row.querySelector('[data-part="output"]')?.replaceWith(outputBlock("Output", marked.output));
}

const follow = (): void => {
  const jump = ({ file, line, column }: Piece): void => {
    if (line !== null) (file === undefined ? editor : editors.get(file))?.jump(line, column);
  };
  const pieces = names.length > 0 ? (text: string): Piece[] => piecesIn(names, text) : compilerPieces;
  const panel = new ResultPanel(byId("result"), { jump, pieces });
  if (!isFinished(attempt.status)) panel.begin(attempt);
  watch(attempt, {
    progress: (progress) => panel.progress(progress),
    test: (test) => panel.test(test),
    completed: (done) => panel.completed(done),
    delivery: (delivery) => panel.delivery(delivery),
    trouble: (message) => panel.trouble(message),
  });
};

if (!isFinished(attempt.status)) follow();
else if (attempt.release_note) awaitRelease(attempt, follow);

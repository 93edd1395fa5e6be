/** An attempt's own page: its code coloured, differences marked, and the result as soon as there is one. */
import { Editor } from "../editor/editor";
import { difference } from "../shared/difference";
import { byId } from "../shared/dom";
import { isFinished, type Attempt } from "../work/attempt";
import { compilerMessages, type Piece } from "../work/compiler";
import { awaitRelease } from "../work/release";
import { outputBlock, ResultPanel } from "../work/results";
import { watch } from "../work/watch";

const attempt = JSON.parse(byId("attempt-data").textContent ?? "") as Attempt & { code: string };

// A notebook is on the page already, cell by cell.
const place = document.getElementById("code");
const editor = place && edited(place);
if (attempt.compile_output) editor?.mark(compilerMessages(attempt.compile_output));

function edited(parent: HTMLElement): Editor {
  parent.replaceChildren();
  return new Editor({
    parent,
    code: attempt.code,
    highlight: parent.dataset["highlight"] ?? "",
    readOnly: true,
    label: `Code of attempt ${attempt.attempt_number}`,
  });
}

for (const [index, row] of document.querySelectorAll<HTMLElement>("[data-test]").entries()) {
  const test = attempt.tests[index];
  if (test?.status !== "fail" || test.expected == null || test.output == null) continue;
  const marked = difference(test.expected, test.output);
  row.querySelector('[data-part="expected"]')?.replaceWith(outputBlock("Expected", marked.expected));
  row.querySelector('[data-part="output"]')?.replaceWith(outputBlock("Output", marked.output));
}

const follow = (): void => {
  const jump = ({ line, column }: Piece): void => void (line !== null && editor?.jump(line, column));
  const panel = new ResultPanel(byId("result"), { jump });
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

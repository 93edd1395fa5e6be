/** The page where a student writes a program. */
import { byId } from "../shared/dom";
import { readConfig } from "./config";
import { TextDesk } from "./desk";
import { FilesDesk } from "./files/desk";
import { Keeping } from "./keeping";
import { installOpening } from "./open_file";
import { WorkPage, type Kind } from "./page";
import { installSplitter } from "./splitter";

const PROGRAM: Kind = {
  makeDesk: (config, events, page) => {
    if (config.answer_files) return new FilesDesk(config, config.answer_files, events);
    const desk = new TextDesk(config, events);
    installOpening({
      most: config.max_code_bytes,
      opened: (code, name) => page.restore({ code, language: desk.text.language }, name),
      refused: page.unopened,
    });
    return desk;
  },
  doubts: () => null,
  lastWords: "This is your last submission for this problem. Run the sample tests first if you are not sure.",
};

async function begin(): Promise<void> {
  const config = readConfig();
  installSplitter(byId("workspace"), byId("splitter"));
  const page = new WorkPage(config, await Keeping.open(config.user_id, config.ap_id), PROGRAM);
  await page.reconcile();
  document.documentElement.dataset["ready"] = "true";
}

void begin();

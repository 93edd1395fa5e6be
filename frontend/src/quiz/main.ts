/** The page where a student answers a quiz. */
import { byId } from "../shared/dom";
import { readConfig } from "../work/config";
import { Keeping } from "../work/keeping";
import { WorkPage, type Kind } from "../work/page";
import { answersOf, unanswered } from "./answers";
import { QuizDesk } from "./desk";

const form = byId<HTMLFormElement>("quiz");

const QUIZ: Kind = {
  makeDesk: (config, events) => new QuizDesk(form, config, events),
  doubts: (text) => {
    const open = unanswered(form, answersOf(text.code).answers);
    if (open.length === 0) return null;
    const which = open.length === 1 ? `Question ${open[0]} is` : `Questions ${open.join(", ")} are`;
    return { title: "Submit as it is?", message: `${which} not answered.` };
  },
  lastWords: "This is your last submission for this quiz.",
};

async function begin(): Promise<void> {
  const config = readConfig();
  const page = new WorkPage(config, await Keeping.open(config.user_id, config.ap_id), QUIZ);
  await page.reconcile();
  document.documentElement.dataset["ready"] = "true";
}

void begin();

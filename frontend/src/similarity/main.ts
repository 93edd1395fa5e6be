/** `node compare.mjs < request.json > answer.json`: what a worker starts for a report. */
import { readFileSync, writeFileSync } from "node:fs";
import { type Answer, compare, type Request } from "./compare";

const answer: Answer = compare(JSON.parse(readFileSync(0, "utf8")) as Request);
writeFileSync(1, JSON.stringify(answer));

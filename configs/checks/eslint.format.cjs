// One finding a line: file:line:column: words [rule]. What is of no rule is either a program that cannot be read, or about comments.
const { relative } = require("node:path");

module.exports = (results) =>
  results
    .flatMap(({ filePath, messages }) =>
      messages
        .filter(({ fatal, ruleId }) => fatal || ruleId)
        .map(({ line, column, message, ruleId }) => {
          const place = `${relative(process.cwd(), filePath)}:${line ?? 1}:${column ?? 1}`;
          return `${place}: ${message.replace(/\s+/g, " ")} [${ruleId ?? "parsing"}]`;
        }),
    )
    .join("\n");

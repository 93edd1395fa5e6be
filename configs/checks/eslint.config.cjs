// Every rule that comes with ESLint and is not outdated, whatever comments in the answer say.
const { createRequire } = require("node:module");

const { builtinRules } = createRequire(process.argv[1])(
  "eslint/use-at-your-own-risk",
);
const rules = [...builtinRules]
  .filter(([, rule]) => !rule.meta.deprecated)
  .map(([name]) => [name, "warn"]);
const globals = Object.fromEntries(
  Object.getOwnPropertyNames(globalThis).map((name) => [name, "readonly"]),
);

module.exports = [
  {
    linterOptions: {
      noInlineConfig: true,
      reportUnusedDisableDirectives: "off",
    },
    languageOptions: { ecmaVersion: "latest", globals },
    rules: Object.fromEntries(rules),
  },
  { files: ["**/*.js"], languageOptions: { sourceType: "commonjs" } },
];

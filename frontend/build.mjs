// Builds the scripts and styles into lti_grader/static/dist, each named by its content, and manifest.json, which
// says under which name a template finds each; and the program that compares submissions, which a worker runs. `node build.mjs --watch` builds again on each change.
import { build, context } from "esbuild";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "..", "lti_grader", "static", "dist");
const entries = {
  site: "src/styles/site.css",
  pages: "src/pages/main.ts",
  contents: "src/pages/contents.ts",
  remember: "src/launch/remember.ts",
  recall: "src/launch/recall.ts",
  work: "src/work/main.ts",
  notebook: "src/work/notebook.ts",
  quiz: "src/quiz/main.ts",
  quiz_preview: "src/quiz/preview.ts",
  attempt: "src/attempt/main.ts",
  gradebook: "src/gradebook/main.ts",
  marking: "src/marking/main.ts",
  moderation: "src/marking/moderation.ts",
};

/** Writes manifest.json last and in one step, so that no request sees names without files. */
async function record(metafile) {
  const files = {};
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const name = Object.keys(entries).find((key) => entries[key] === output.entryPoint);
    // What is imported when wanted is an output with an entry of its own, and no page's.
    if (!name) continue;
    files[`${name}.${path.endsWith(".css") ? "css" : "js"}`] = basename(path);
  }
  const kept = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  await writeFile(join(folder, "manifest.json.new"), JSON.stringify(files, null, 2) + "\n");
  await rename(join(folder, "manifest.json.new"), join(folder, "manifest.json"));
  for (const name of await readdir(folder)) {
    if (name !== "manifest.json" && !kept.has(name)) await rm(join(folder, name), { recursive: true });
  }
}

const manifest = {
  name: "manifest",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.metafile && result.errors.length === 0) await record(result.metafile);
    });
  },
};

const watching = process.argv.includes("--watch");
await mkdir(folder, { recursive: true });
const builder = await context({
  absWorkingDir: here,
  entryPoints: entries,
  outdir: folder,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: !watching,
  sourcemap: watching,
  metafile: true,
  format: "esm",
  // The editor is one file for the pages that use it, and each language comes when it is wanted.
  splitting: true,
  chunkNames: "part-[hash]",
  target: ["chrome109", "firefox115", "safari16.4"],
  logLevel: "warning",
  plugins: [manifest],
});
await build({
  absWorkingDir: here,
  entryPoints: { compare: "src/similarity/main.ts" },
  outdir: join(here, "..", "lti_grader", "grading", "similarity", "bin"),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  minify: true,
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
});
if (watching) {
  await builder.watch();
} else {
  await builder.rebuild();
  await builder.dispose();
}

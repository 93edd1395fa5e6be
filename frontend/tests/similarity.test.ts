import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, type Program } from "../src/similarity/compare";
import { tokensOf } from "../src/similarity/tokens";

const SUM = `def total(values):
    result = 0
    for value in values:
        if value > 0:
            result += value * 2
        else:
            result -= value
    return result

print(total([int(word) for word in input().split()]))
`;

const programs = (...texts: string[]): Program[] =>
  texts.map((text, place) => ({ id: String(place), text, person: String(place), own: true }));

const request = { highlight: "python", given: [], least: 0.25, most: 10 };

test("names, comments and layout are no tokens", () => {
  const other = SUM.replaceAll("value", "x")
    .replace("result = 0", "result = 0  # so far")
    .replaceAll("    ", "  ");
  assert.deepEqual(tokensOf(other, "python").names, tokensOf(SUM, "python").names);
  const java = "int a = 1; // one\nif (a > 2) a++;";
  assert.deepEqual(
    tokensOf(java, "csharp").names,
    tokensOf("int b = 3; /* two */ if (b > 4) b++;", "csharp").names,
  );
});

test("what repeats itself without end is cut short", () => {
  assert.ok(tokensOf("(".repeat(50_000), "python").names.length < 2_000);
  assert.ok(tokensOf("x + y - ".repeat(9_000), "").names.length < 100);
});

test("passages name the lines of both, and do not overlap", () => {
  const answer = compare({ ...request, programs: programs(SUM, `import sys\n\n\n${SUM}`) });
  const passages = answer.pairs[0]?.passages ?? [];
  assert.ok(passages.length > 0);
  for (const [first, last, from, to] of passages) {
    assert.ok(1 <= first && first <= last && last <= 11);
    assert.equal(from - first, 3);
    assert.equal(to - last, 3);
  }
});

test("what one person wrote twice, and earlier programs among each other, are no pair", () => {
  const [one, two] = programs(SUM, SUM);
  assert.ok(one && two);
  assert.equal(compare({ ...request, programs: [one, { ...two, person: one.person }] }).count, 0);
  const earlier = [one, two].map((program) => ({ ...program, own: false }));
  assert.equal(compare({ ...request, programs: earlier }).count, 0);
});

test("what was given counts on neither side", () => {
  const answer = compare({ ...request, given: [SUM], programs: programs(SUM, `${SUM}\nprint(1, 2, 3)\n`) });
  assert.deepEqual(answer.pairs, []);
  assert.equal(answer.programs[0]?.size, 0);
});

const closes = { ")": "(", "]": "[", "}": "{" };
function balanced(text) {
  const waiting = [];
  for (const sign of text) {
    if (!(sign in closes)) waiting.push(sign);
    else if (waiting.pop() !== closes[sign]) return false;
  }
  return waiting.length === 0;
}
const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
for (const text of lines.slice(1)) console.log(balanced(text.trim()) ? "yes" : "no");

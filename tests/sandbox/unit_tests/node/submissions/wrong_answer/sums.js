export function add(a, b) {
  console.log("adding", a);
  return a - b;
}

export function mean(numbers) {
  if (numbers.length === 1) return undefined.length;
  return 2;
}

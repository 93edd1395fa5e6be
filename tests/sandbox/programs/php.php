<?php
[$mode, $a, $b] = explode(" ", trim(fgets(STDIN)) . " 0 0");

function crash() {
    throw new RuntimeException("gone");
}

if ($mode == "sum") echo $a + $b, "\n";
if ($mode == "crash") crash();
if ($mode == "loop") while (true);
if ($mode == "hog") for ($kept = [];;) $kept[] = str_repeat("x", 1 << 20);
if ($mode == "flood") while (true) echo str_repeat("x", 65536);
if ($mode == "both") echo shell_exec("printf 4"), "2\n";

$1 == "sum" { print $2 + $3 }
$1 == "crash" { exit 3 }
$1 == "loop" { while (1) n++ }
$1 == "hog" { while (1) kept[n++] = sprintf("%65536s", n) }
$1 == "flood" { while (1) print "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }
$1 == "both" { system("printf 4"); print 2 }

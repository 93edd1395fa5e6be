package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	var mode string
	var a, b int
	fmt.Scan(&mode)
	switch mode {
	case "sum":
		fmt.Scan(&a, &b)
		fmt.Println(a + b)
	case "crash":
		fmt.Println([]int{}[a])
	case "loop":
		for {
			b++
		}
	case "hog":
		for kept := [][]byte{}; ; kept = append(kept, []byte(strings.Repeat("x", 1<<20))) {
			fmt.Fprint(os.Stderr, len(kept), " ")
		}
	case "flood":
		for {
			fmt.Print(strings.Repeat("x", 65536))
		}
	case "both":
		four := make(chan int)
		go func() { four <- 4 }()
		fmt.Printf("%d2\n", <-four)
	}
}

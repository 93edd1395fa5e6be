using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

static class Program {
    static void Crash() {
        throw new InvalidOperationException("gone");
    }

    static void Main() {
        var words = Console.ReadLine().Split(' ');
        switch (words[0]) {
            case "sum": Console.WriteLine(words.Skip(1).Select(int.Parse).Sum()); break;
            case "crash": Crash(); break;
            case "loop": for (;;) {}
            case "hog": for (var kept = new List<byte[]>();;) kept.Add(Enumerable.Repeat((byte) 1, 1 << 20).ToArray());
            case "flood": for (;;) Console.Write(new string('x', 65536));
            case "both":
                var four = new Thread(() => Console.Write(4));
                four.Start();
                four.Join();
                Console.WriteLine(2);
                break;
        }
    }
}

import kotlin.concurrent.thread

fun crash(): Nothing = throw IllegalStateException("gone")

fun main() {
    val words = readLine()!!.split(" ")
    when (words[0]) {
        "sum" -> println(words.drop(1).map { it.toInt() }.sum())
        "crash" -> crash()
        "loop" -> while (true) {}
        "hog" -> { val kept = mutableListOf<IntArray>(); while (true) kept.add(IntArray(1 shl 18)) }
        "flood" -> while (true) print("x".repeat(65536))
        "both" -> { thread { print(4) }.join(); println(2) }
    }
}

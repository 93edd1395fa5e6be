import java.io.*;
import java.util.*;

public class Main {
    static boolean balanced(String text) {
        ArrayDeque<Character> waiting = new ArrayDeque<>();
        for (char sign : text.toCharArray()) {
            switch (sign) {
                case '(' -> waiting.push(')');
                case '[' -> waiting.push(']');
                case '{' -> waiting.push('}');
                default -> {
                    if (waiting.isEmpty() || waiting.pop() != sign) return false;
                }
            }
        }
        return waiting.isEmpty();
    }

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int n = Integer.parseInt(in.readLine().trim());
        for (int i = 0; i < n; i++) System.out.println(balanced(in.readLine().trim()) ? "yes" : "no");
    }
}

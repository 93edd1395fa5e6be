import java.util.*;

public class Main {
    static void crash() {
        throw new IllegalStateException("gone");
    }

    public static void main(String[] words) throws Exception {
        Scanner in = new Scanner(System.in);
        switch (in.next()) {
            case "sum" -> System.out.println(in.nextInt() + in.nextInt());
            case "crash" -> crash();
            case "loop" -> { for (;;) Thread.onSpinWait(); }
            case "hog" -> { for (List<int[]> kept = new ArrayList<>();;) kept.add(new int[1 << 18]); }
            case "flood" -> { for (;;) System.out.print("x".repeat(65536)); }
            case "both" -> {
                Thread four = new Thread(() -> System.out.print(4));
                four.start();
                four.join();
                System.out.println(2);
            }
            default -> System.out.println();
        }
    }
}

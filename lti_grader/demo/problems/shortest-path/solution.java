import java.io.*;
import java.util.*;

public class Main {
    static StreamTokenizer in = new StreamTokenizer(new BufferedReader(new InputStreamReader(System.in)));

    static int next() throws IOException {
        in.nextToken();
        return (int) in.nval;
    }

    public static void main(String[] args) throws IOException {
        int n = next(), m = next();
        List<List<int[]>> streets = new ArrayList<>();
        for (int i = 0; i <= n; i++) streets.add(new ArrayList<>());
        for (int k = 0; k < m; k++) {
            int a = next(), b = next(), w = next();
            streets.get(a).add(new int[] {b, w});
            streets.get(b).add(new int[] {a, w});
        }
        long[] best = new long[n + 1];
        Arrays.fill(best, -1);
        PriorityQueue<long[]> queue = new PriorityQueue<>((x, y) -> Long.compare(x[0], y[0]));
        queue.add(new long[] {0, 1});
        while (!queue.isEmpty()) {
            long[] top = queue.poll();
            int place = (int) top[1];
            if (best[place] >= 0) continue;
            best[place] = top[0];
            for (int[] street : streets.get(place))
                if (best[street[0]] < 0) queue.add(new long[] {top[0] + street[1], street[0]});
        }
        System.out.println(best[n] < 0 ? "no way" : String.valueOf(best[n]));
    }
}

import java.io.*;
import java.util.*;

public class Main {
    public static void main(String[] args) throws IOException {
        StreamTokenizer in = new StreamTokenizer(new BufferedReader(new InputStreamReader(System.in)));
        in.nextToken();
        int n = (int) in.nval;
        in.nextToken();
        long target = (long) in.nval;
        HashMap<Long, Integer> seen = new HashMap<>();
        long pairs = 0;
        for (int i = 0; i < n; i++) {
            in.nextToken();
            long number = (long) in.nval;
            pairs += seen.getOrDefault(target - number, 0);
            seen.merge(number, 1, Integer::sum);
        }
        System.out.println(pairs);
    }
}

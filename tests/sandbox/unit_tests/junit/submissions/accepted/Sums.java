public class Sums {
    static int add(int a, int b) {
        return a + b;
    }

    static int mean(int... numbers) {
        if (numbers.length == 0) throw new IllegalArgumentException("no numbers");
        int sum = 0;
        for (int one : numbers) sum = add(sum, one);
        return sum / numbers.length;
    }
}

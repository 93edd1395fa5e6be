import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SumsTest {
    @Test
    void adds() {
        assertEquals(3, Sums.add(1, 2), "the sum");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 9})
    void mean(int one) {
        assertEquals(one, Sums.mean(one));
    }

    @Nested
    class Several {
        @Test
        void mean() {
            assertEquals(2, Sums.mean(1, 2, 3));
        }
    }

    @Test
    void nothing() {
        assertThrows(IllegalArgumentException.class, () -> Sums.mean());
    }
}

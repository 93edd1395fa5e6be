SELECT a + b FROM given WHERE mode IN ('sum', 'both');
WITH RECURSIVE n(x) AS (SELECT 1 FROM given WHERE mode = 'loop' UNION ALL SELECT x + 1 FROM n) SELECT NULL FROM n WHERE x < 0;
SELECT length(hex(zeroblob(400000000))) FROM given WHERE mode = 'hog';
WITH RECURSIVE n(x) AS (SELECT 1 FROM given WHERE mode = 'flood' UNION ALL SELECT x + 1 FROM n) SELECT hex(zeroblob(9999)) FROM n;
SELECT abs(-9223372036854775808) FROM given WHERE mode = 'crash';

import unittest
import sums

class Hidden(unittest.TestCase):
    def test_negative(self):
        self.assertEqual(sums.add(-1, -4), -5)
    def test_nothing(self):
        with self.assertRaises(ValueError):
            sums.mean([])

#pragma once
#include <stdexcept>
#include <vector>

inline int add(int a, int b) { return a + b; }

inline int mean(std::vector<int> numbers) {
    if (numbers.empty()) throw std::invalid_argument("no numbers");
    int sum = 0;
    for (int one : numbers) sum = add(sum, one);
    return sum / static_cast<int>(numbers.size());
}

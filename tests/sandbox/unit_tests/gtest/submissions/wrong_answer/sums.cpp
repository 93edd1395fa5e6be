#pragma once
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

inline int add(int a, int b) { return a - b; }

inline int mean(std::vector<int> numbers) {
    if (numbers.empty()) std::abort();
    if (numbers.size() > 1) std::exit(0);
    if (numbers[0] == 9) throw std::runtime_error("nine");
    return numbers[0];
}

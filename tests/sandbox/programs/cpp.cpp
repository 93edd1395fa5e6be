#include <bits/stdc++.h>

int main() {
    std::string mode;
    int a, b;
    std::cin >> mode;
    if (mode == "sum" && std::cin >> a >> b) std::cout << a + b << '\n';
    if (mode == "crash") throw std::out_of_range("gone");
    if (mode == "loop") for (volatile int i = 0;; i++) {}
    if (mode == "hog") for (std::vector<std::string> kept;;) kept.emplace_back(1 << 20, 'x');
    if (mode == "flood") for (;;) std::cout << std::string(65536, 'x');
    if (mode == "both") {
        std::thread([] { std::cout << 4; }).join();
        std::cout << 2 << '\n';
    }
}

#include <iostream>
#include <string>

int main() {
    std::ios::sync_with_stdio(false);
    int n;
    std::cin >> n;
    std::string text;
    while (n-- > 0 && std::cin >> text) {
        std::string waiting;
        bool good = true;
        for (char sign : text) {
            if (sign == '(') waiting += ')';
            else if (sign == '[') waiting += ']';
            else if (sign == '{') waiting += '}';
            else if (!waiting.empty() && waiting.back() == sign) waiting.pop_back();
            else { good = false; break; }
        }
        std::cout << (good && waiting.empty() ? "yes\n" : "no\n");
    }
}

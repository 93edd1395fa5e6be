#include <cstdio>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

int main() {
    int n, m;
    if (scanf("%d %d", &n, &m) != 2) return 1;
    std::vector<std::vector<std::pair<int, int>>> streets(n + 1);
    for (int k = 0; k < m; k++) {
        int a, b, w;
        if (scanf("%d %d %d", &a, &b, &w) != 3) return 1;
        streets[a].push_back({b, w});
        streets[b].push_back({a, w});
    }
    std::vector<long long> best(n + 1, -1);
    std::priority_queue<std::pair<long long, int>, std::vector<std::pair<long long, int>>, std::greater<>> queue;
    queue.push({0, 1});
    while (!queue.empty()) {
        auto [length, place] = queue.top();
        queue.pop();
        if (best[place] >= 0) continue;
        best[place] = length;
        for (auto [other, w] : streets[place])
            if (best[other] < 0) queue.push({length + w, other});
    }
    if (best[n] < 0) puts("no way");
    else printf("%lld\n", best[n]);
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    char mode[16];
    int a, b;
    if (scanf("%15s", mode) != 1) return 1;
    if (!strcmp(mode, "sum") && scanf("%d %d", &a, &b) == 2) printf("%d\n", a + b);
    if (!strcmp(mode, "crash")) abort();
    if (!strcmp(mode, "loop")) for (volatile int i = 0;; i++) {}
    if (!strcmp(mode, "hog")) for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    if (!strcmp(mode, "flood")) for (;;) puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    if (!strcmp(mode, "both")) {
        fflush(stdout);
        if (fork() == 0) { printf("4"); return 0; }
        wait(NULL);
        printf("2\n");
    }
    return 0;
}

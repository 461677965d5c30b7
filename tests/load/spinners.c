/* spinners N [PERCENT [MOST]]: N processes with names of their own, each of which makes system calls in every second.
 *
 * A process keeps its rate (1 to MOST, default 64, calls a second) and changes it in PERCENT (default 40) of all
 * seconds. The first names are hostile: terminal escapes, markup, newlines, bytes that are no UTF-8; the others are
 * "spin-N". Prints "ready" once all run; they end when standard input does.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *const hostile[] = {
    "[/]", "[red]x[/red]", "\x1b[31mred", "\x1b]0;title\a", "two\nlines", "\xff\xfe", "\xc2\x9b" "2J", "\xe2\x80\xae" "bidi", "tab\tcr\r", "",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static void spin(int number, int percent, int most)
{
    char name[16];
    snprintf(name, sizeof name, "spin-%d", number);
    prctl(PR_SET_NAME, number < HOSTILE ? hostile[number] : name);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    srandom(number);
    /* Spread over the second, so that the load is even. */
    struct timespec second = {1, 0}, offset = {0, random() % 1000000000};
    nanosleep(&offset, NULL);
    for (int rate = 1 + random() % most;; nanosleep(&second, NULL)) {
        if (random() % 100 < percent)
            rate = 1 + random() % most;
        for (int i = 0; i < rate; i++)
            syscall(SYS_getppid);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4)
        return 2;
    for (int i = 0; i < atoi(argv[1]); i++) {
        pid_t child = fork();
        if (child < 0)
            return 1;
        if (child == 0)
            spin(i, argc > 2 ? atoi(argv[2]) : 40, argc > 3 ? atoi(argv[3]) : 64);
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}

/* calls N [-t THREADS] [-n NAME] [-w]: every thread makes exactly N getppid system calls.
 *
 * Prints its pid, then, when all calls are made, the nanoseconds that one took. With -w it begins at the first line
 * on its standard input and ends at the second, or at the end of input. -n sets the name of its tasks.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void *work(void *calls)
{
    for (long left = *(long *)calls; left > 0; left--)
        syscall(SYS_getppid);
    return NULL;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

static void wait_for_line(void)
{
    int c;
    do
        c = getchar();
    while (c != '\n' && c != EOF);
}

int main(int argc, char **argv)
{
    int threads = 1, waits = 0, option;
    while ((option = getopt(argc, argv, "t:n:w")) != -1) {
        if (option == 't')
            threads = atoi(optarg);
        else if (option == 'n')
            prctl(PR_SET_NAME, optarg);
        else if (option == 'w')
            waits = 1;
        else
            return 2;
    }
    if (optind != argc - 1 || threads < 1)
        return 2;
    long calls = atol(argv[optind]);
    pthread_t others[threads];

    printf("%d\n", getpid());
    fflush(stdout);
    if (waits)
        wait_for_line();
    double start_ns = now_ns();
    for (int i = 1; i < threads; i++)
        pthread_create(&others[i], NULL, work, &calls);
    work(&calls);
    for (int i = 1; i < threads; i++)
        pthread_join(others[i], NULL);
    printf("%.1f\n", (now_ns() - start_ns) / calls);
    fflush(stdout);
    if (waits)
        wait_for_line();
    return 0;
}

/* sleeper N MS: calls nanosleep (not clock_nanosleep, as the C library would) N times for MS milliseconds each. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    long ms = atol(argv[2]);
    struct timespec wanted = {ms / 1000, ms % 1000 * 1000000};
    for (long left = atol(argv[1]); left > 0; left--)
        syscall(SYS_nanosleep, &wanted, NULL);
    return 0;
}

/* busy SECONDS: burns kernel time in read(2) of /dev/zero, so that read_iter_zero or read_zero (drivers/char/mem.c) is
 * in nearly every stack that is sampled on its CPU.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    int zero = open("/dev/zero", O_RDONLY);
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        if (read(zero, buffer, sizeof buffer) != sizeof buffer)
            return 1;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9 < atof(argv[1]));
    return 0;
}

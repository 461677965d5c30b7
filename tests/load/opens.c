/* opens N: opens /dev/null N times, and closes it each time. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    for (long left = atol(argv[1]); left > 0; left--) {
        int file = open("/dev/null", O_RDONLY);
        if (file < 0)
            return 1;
        close(file);
    }
    return 0;
}

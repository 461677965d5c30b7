/* blocks N [DIRECTORY]: N requests of 4096 bytes to the disk under DIRECTORY (default: here), write and read in turn,
 * past the page cache, on a file that has no name.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, BLOCKS = 256 };
static char block[BLOCK] __attribute__((aligned(BLOCK)));

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3)
        return 2;
    int file = open(argc == 3 ? argv[2] : ".", O_TMPFILE | O_RDWR | O_DIRECT, 0600);
    if (file < 0 || posix_fallocate(file, 0, BLOCK * BLOCKS))
        return 1;
    for (long i = 0; i < atol(argv[1]); i++) {
        off_t at = i / 2 % BLOCKS * BLOCK;
        ssize_t done = i % 2 ? pread(file, block, BLOCK, at) : pwrite(file, block, BLOCK, at);
        if (done != BLOCK)
            return 1;
    }
    return 0;
}

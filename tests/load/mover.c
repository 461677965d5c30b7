/* mover FOLDER: moves BYTES by each way there is, from and to files "mover-in" and "mover-out" of FOLDER, pipes, and
   sockets. Begins at a line on standard input; prints rchar and wchar of its /proc/self/io; waits for another line. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BYTES = 1000, MESSAGES = 100, EACH = 10 };
static char data[BYTES];

static void must(long moved, long wanted, const char *what)
{
    if (moved != wanted) {
        fprintf(stderr, "%s moved %ld\n", what, moved);
        exit(1);
    }
}

static void by_messages(int *pair)
{
    struct mmsghdr headers[MESSAGES] = {};
    struct iovec part = {data, EACH};
    for (int i = 0; i < MESSAGES; i++)
        headers[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
    must(sendmmsg(pair[0], headers, MESSAGES, 0), MESSAGES, "sendmmsg");
    must(recvmmsg(pair[1], headers, MESSAGES, MSG_DONTWAIT, NULL), MESSAGES, "recvmmsg");
    must(recvmmsg(pair[1], headers, MESSAGES, MSG_DONTWAIT, NULL), -1, "recvmmsg of nothing");
}

static void by_sockets(int *pair)
{
    struct iovec parts[2] = {{data, 400}, {data + 400, 600}};
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
    must(send(pair[0], data, BYTES, 0), BYTES, "send");
    must(recv(pair[1], data, BYTES, 0), BYTES, "recv");
    must(sendmsg(pair[0], &header, 0), BYTES, "sendmsg");
    must(recvmsg(pair[1], &header, 0), BYTES, "recvmsg");
    must(write(pair[0], data, BYTES), BYTES, "write");
    must(read(pair[1], data, BYTES), BYTES, "read");
}

int main(int argc, char **argv)
{
    char line[256];
    int stream[2], datagrams[2], ends[2];
    struct iovec parts[2] = {{data, 400}, {data + 400, 600}};
    if (argc != 2 || chdir(argv[1]) || socketpair(AF_UNIX, SOCK_STREAM, 0, stream) || pipe(ends) ||
        socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams) || !fgets(line, sizeof(line), stdin))
        return 2;
    int in = open("mover-in", O_RDWR | O_CREAT | O_TRUNC, 0600), out = open("mover-out", O_RDWR | O_CREAT | O_TRUNC, 0600);
    must(pwrite(in, data, BYTES, 0), BYTES, "pwrite");
    must(pread(in, data, BYTES, 0), BYTES, "pread");
    must(readv(in, parts, 2), BYTES, "readv");
    must(writev(out, parts, 2), BYTES, "writev");
    must(preadv(in, parts, 2, 0), BYTES, "preadv");
    must(pwritev(out, parts, 2, 0), BYTES, "pwritev");
    lseek(in, 0, SEEK_SET);
    must(sendfile(out, in, NULL, BYTES), BYTES, "sendfile");
    lseek(in, 0, SEEK_SET);
    must(copy_file_range(in, NULL, out, NULL, BYTES, 0), BYTES, "copy_file_range");
    lseek(in, 0, SEEK_SET);
    must(splice(in, NULL, ends[1], NULL, BYTES, 0), BYTES, "splice");
    must(splice(ends[0], NULL, out, NULL, BYTES, 0), BYTES, "splice");
    by_sockets(stream);
    by_messages(datagrams);
    FILE *io = fopen("/proc/self/io", "r");
    while (io && fgets(line, sizeof(line), io))
        if (strstr(line, "char"))
            fputs(line, stdout);
    puts("done");
    fflush(stdout);
    return !fgets(line, sizeof(line), stdin);
}

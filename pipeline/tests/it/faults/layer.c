/* A layer between a process and its C library that makes a disk full or a read fail, below one folder.
 *
 * FAULT_UNDER    the folder; what is elsewhere is left alone
 * FAULT_FULL     bytes that may be written there; from then on the disk is full and stays so
 * FAULT_READ     which read there fails with EIO, from 1 on; later ones succeed
 * FAULT_COUNT    a file that gets, at the end, the bytes written and the reads made there
 *
 * Written for this project; nothing of it is taken from elsewhere.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *under;
static size_t under_length;
static atomic_llong bytes_written, reads_made;
static long long full = LLONG_MAX, failing_read = -1;

__attribute__((constructor)) static void start(void) {
    const char *text;
    under = getenv("FAULT_UNDER");
    under_length = under ? strlen(under) : 0;
    if ((text = getenv("FAULT_FULL"))) full = atoll(text);
    if ((text = getenv("FAULT_READ"))) failing_read = atoll(text);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%lld %lld\n", (long long)bytes_written, (long long)reads_made);
    fclose(file);
}

/* Whether a descriptor is a file below the folder. */
static int concerns(int fd) {
    char link[64], path[PATH_MAX];
    int saved = errno;
    ssize_t n;
    if (!under) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (n < 0) return 0;
    path[n] = 0;
    return strncmp(path, under, under_length) == 0 && path[under_length] == '/';
}

/* Whether these bytes do not fit any more. */
static int is_full(int fd, size_t count) {
    if (!concerns(fd)) return 0;
    if (atomic_fetch_add(&bytes_written, (long long)count) + (long long)count <= full) return 0;
    errno = ENOSPC;
    return 1;
}

/* Whether this is the read that fails. */
static int is_broken(int fd) {
    if (!concerns(fd)) return 0;
    if (atomic_fetch_add(&reads_made, 1) + 1 != failing_read) return 0;
    errno = EIO;
    return 1;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static size_t length_of(const struct iovec *parts, int n) {
    size_t sum = 0;
    for (int i = 0; i < n; i++) sum += parts[i].iov_len;
    return sum;
}

ssize_t write(int fd, const void *data, size_t n) {
    REAL(write);
    return is_full(fd, n) ? -1 : real(fd, data, n);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at) {
    REAL(pwrite);
    return is_full(fd, n) ? -1 : real(fd, data, n, at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
    REAL(pwrite64);
    return is_full(fd, n) ? -1 : real(fd, data, n, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
    REAL(writev);
    return is_full(fd, length_of(parts, n)) ? -1 : real(fd, parts, n);
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned flags) {
    REAL(copy_file_range);
    if (is_broken(in) || is_full(out, n)) return -1;
    return real(in, from, out, to, n, flags);
}

size_t fwrite(const void *data, size_t size, size_t n, FILE *file) {
    REAL(fwrite);
    return is_full(fileno(file), size * n) ? 0 : real(data, size, n, file);
}

ssize_t read(int fd, void *data, size_t n) {
    REAL(read);
    return is_broken(fd) ? -1 : real(fd, data, n);
}

ssize_t pread(int fd, void *data, size_t n, off_t at) {
    REAL(pread);
    return is_broken(fd) ? -1 : real(fd, data, n, at);
}

ssize_t pread64(int fd, void *data, size_t n, off64_t at) {
    REAL(pread64);
    return is_broken(fd) ? -1 : real(fd, data, n, at);
}

ssize_t readv(int fd, const struct iovec *parts, int n) {
    REAL(readv);
    return is_broken(fd) ? -1 : real(fd, parts, n);
}

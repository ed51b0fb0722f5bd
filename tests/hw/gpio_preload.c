/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shows the chips of gpio_bench.c to a program as /dev/gpiochipN, under libgpiod as it is: answers
 * its look into /dev and /sys, opens the device as a connection to the bench, and hands ioctls of
 * the kernel's GPIO interface (both versions) through. Edges come by a pipe, values by packets;
 * poll, read and the program's code are untouched. QT_GPIO_BENCH is the bench's socket.
 *
 * Besides, QT_GPIO_TRACE names a file that gets the monotonic time of each request "DELETE ..."
 * that the program puts on a socket: when the first cancel is on the wire.
 */
#undef _FILE_OFFSET_BITS /* both families of names are shown below */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "gpio_wire.h"

enum { FDS = 4096, MAJOR = 254 };

static _Atomic int channel[FDS]; /* of a descriptor: who answers its ioctls, + 1; 0: not ours */

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int
gpio_bench_connect(void)
{
    const char *path = getenv("QT_GPIO_BENCH");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = path ? socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    NEXT(close)(fd);
    return -1;
}

/* One question, its answer in place of it; descriptors that came along. Returns errno. */
int
gpio_bench_ask(int fd, struct gpio_packet *packet, int fds[2])
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec part = {packet, sizeof *packet};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    if (NEXT(send)(fd, packet, sizeof *packet, MSG_NOSIGNAL) != (ssize_t)sizeof *packet ||
        recvmsg(fd, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *packet)
        return ENODEV; /* the bench has shut the connection: the chip is gone */
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    fds[0] = fds[1] = -1;
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    return packet->number;
}

static int
ask_once(enum gpio_op op, int number, int *kept)
{
    struct gpio_packet packet = {.op = op, .number = number};
    int fds[2], fd = gpio_bench_connect();
    if (fd < 0)
        return ENOENT;
    int error = gpio_bench_ask(fd, &packet, fds);
    if (error || !kept)
        NEXT(close)(fd);
    else
        *kept = fd;
    return error;
}

/* N of "/dev/gpiochipN"; -1: another path. */
static int
number_of(const char *path)
{
    int number = -1, end = 0;
    if (path && sscanf(path, "/dev/gpiochip%d%n", &number, &end) == 1 && path[end] == '\0')
        return number;
    return -1;
}

static int
sys_number_of(const char *path)
{
    int number = -1, end = 0;
    if (path && sscanf(path, "/sys/bus/gpio/devices/gpiochip%d/dev%n", &number, &end) == 1 &&
        end > 0 && path[end] == '\0')
        return number;
    return -1;
}

/* libgpiod 2.x asks by the number of the device whether it is a chip. */
static int
sys_char_number_of(const char *path)
{
    unsigned major = 0;
    int number = -1, end = 0;
    if (path && sscanf(path, "/sys/dev/char/%u:%d/subsystem%n", &major, &number, &end) == 2 &&
        end > 0 && path[end] == '\0' && major == MAJOR)
        return number;
    return -1;
}

static int
open_chip(int number)
{
    int fd = -1, error = ask_once(GPIO_OPEN, number, &fd);
    if (error) {
        errno = error;
        return -1;
    }
    channel[fd] = fd + 1;
    return fd;
}

/* "254:N\n" */
static int
open_sys(int number)
{
    int fd = memfd_create("gpio-dev", MFD_CLOEXEC);
    if (fd >= 0 && dprintf(fd, "%d:%d\n", MAJOR, number) > 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;                  \
        va_end(list);                                                                              \
        if (number_of(path) >= 0)                                                                  \
            return open_chip(number_of(path));                                                     \
        if (sys_number_of(path) >= 0)                                                              \
            return open_sys(sys_number_of(path));                                                  \
        return NEXT(name)(path, flags, mode);                                                      \
    }
OPEN(open)
OPEN(open64)

static int
stat_chip(int number, mode_t *mode, dev_t *rdev)
{
    int error = ask_once(GPIO_LOOK, number, NULL);
    *mode = S_IFCHR | 0600;
    *rdev = makedev(MAJOR, (unsigned)number);
    errno = error;
    return error ? -1 : 0;
}

#define STAT(name, type)                                                                           \
    int name(const char *path, struct type *out)                                                   \
    {                                                                                              \
        if (number_of(path) < 0)                                                                   \
            return NEXT(name)(path, out);                                                          \
        memset(out, 0, sizeof *out);                                                               \
        return stat_chip(number_of(path), &out->st_mode, &out->st_rdev);                           \
    }
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)

int
access(const char *path, int how)
{
    int number = sys_number_of(path) >= 0 ? sys_number_of(path) : number_of(path);
    if (number < 0)
        return NEXT(access)(path, how);
    errno = ask_once(GPIO_LOOK, number, NULL);
    return errno ? -1 : 0;
}

char *
realpath(const char *path, char *out)
{
    int number = sys_char_number_of(path);
    if (number < 0)
        return NEXT(realpath)(path, out);
    errno = ask_once(GPIO_LOOK, number, NULL);
    if (errno)
        return NULL;
    if (!out)
        return strdup("/sys/bus/gpio");
    memcpy(out, "/sys/bus/gpio", sizeof "/sys/bus/gpio");
    return out;
}

#define SCANDIR(name, type)                                                                        \
    int name(const char *path, struct type ***out, int (*filter)(const struct type *),             \
             int (*compare)(const struct type **, const struct type **))                           \
    {                                                                                              \
        int n = 0;                                                                                 \
        if (strcmp(path, "/dev") != 0 || !getenv("QT_GPIO_BENCH"))                                 \
            return NEXT(name)(path, out, filter, compare);                                         \
        *out = calloc(GPIO_CHIPS, sizeof **out);                                                   \
        for (int i = 0; i < GPIO_CHIPS; i++) {                                                     \
            struct type entry = {.d_type = DT_CHR};                                                \
            snprintf(entry.d_name, sizeof entry.d_name, "gpiochip%d", i);                          \
            if (ask_once(GPIO_LOOK, i, NULL) || (filter && !filter(&entry)))                       \
                continue;                                                                          \
            (*out)[n] = malloc(sizeof entry);                                                      \
            memcpy((*out)[n++], &entry, sizeof entry);                                             \
        }                                                                                          \
        return n; /* in the order of their numbers */                                              \
    }
SCANDIR(scandir, dirent)
SCANDIR(scandir64, dirent64)

/* What the kernel copies in and out of a request. */
static size_t
bytes_of(unsigned long command)
{
    size_t n = _IOC_SIZE(command);
    return n < GPIO_BYTES ? n : GPIO_BYTES;
}

static int
line_ioctl(int fd, uint32_t command, void *argument)
{
    struct gpio_packet packet = {.op = GPIO_IOCTL, .command = command};
    int fds[2];
    memcpy(packet.bytes, argument, bytes_of(command));
    errno = gpio_bench_ask(channel[fd] - 1, &packet, fds);
    if (errno)
        return -1;
    memcpy(argument, packet.bytes, bytes_of(command));
    if (command == GPIO_V2_GET_LINE_IOCTL) {
        ((struct gpio_v2_line_request *)argument)->fd = fds[0];
        channel[fds[0]] = (fds[1] >= 0 ? fds[1] : fds[0]) + 1;
    } else if (command == GPIO_GET_LINEHANDLE_IOCTL) {
        ((struct gpiohandle_request *)argument)->fd = fds[0];
        channel[fds[0]] = fds[0] + 1;
    } else if (command == GPIO_GET_LINEEVENT_IOCTL) {
        ((struct gpioevent_request *)argument)->fd = fds[0]; /* edges */
        channel[fds[0]] = fds[1] + 1;                        /* values */
    }
    return 0;
}

int
ioctl(int fd, unsigned long command, ...)
{
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (fd >= 0 && fd < FDS && channel[fd] && _IOC_TYPE(command) == 0xB4)
        return line_ioctl(fd, (uint32_t)command, argument); /* the kernel has 32 bits of it too */
    return NEXT(ioctl)(fd, command, argument);
}

int
close(int fd)
{
    if (fd >= 0 && fd < FDS && channel[fd]) {
        int answers = channel[fd] - 1;
        channel[fd] = 0;
        if (answers != fd)
            NEXT(close)(answers);
    }
    return NEXT(close)(fd);
}

static void
trace(const char *request, size_t n)
{
    const char *path = getenv("QT_GPIO_TRACE");
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int fd = path ? NEXT(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    dprintf(fd, "%lld %.*s\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec,
            (int)strcspn(request, "?\r\n") < (int)n ? (int)strcspn(request, "?\r\n") : (int)n,
            request);
    NEXT(close)(fd);
}

ssize_t
send(int fd, const void *bytes, size_t n, int flags)
{
    ssize_t sent = NEXT(send)(fd, bytes, n, flags);
    if (sent >= 7 && memcmp(bytes, "DELETE ", 7) == 0)
        trace(bytes, (size_t)sent);
    return sent;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A GPIO chip without hardware: a process that does what the kernel's side of /dev/gpiochipN does,
 * both versions of the interface (gpio_bench_v2.c has the second). gpio_bench SOCKET serves until
 * its standard input ends. A line of control, answered by "ok ..." or "no ...":
 */
// clang-format off
/*     plug N LABEL LINES      chip number N is there
 *     unplug LABEL [silent]   it is gone; silent: nobody is told
 *     set LABEL LINE LEVEL    the world drives the line
 *     bounce LABEL LINE N US  N times to the other level and back
 *     float LABEL LINE        the cable is cut: the bias decides
 *     busy LABEL LINE NAME    another program has it
 *     free LABEL LINE
 *     deny LABEL ERRNO        open fails so (0: not)
 *     fail LABEL LINE ERRNO   driving it fails so
 *     get LABEL LINE          "level L used U edges N lost N last T consumer C"
 */
// clang-format on
/*
 * As in the kernel: an edge queue holds 16, of more the later ones are lost (version 2: the
 * oldest); edges carry the monotonic time; a line that is released is an input again, so a lamp on
 * it is dark.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "gpio_bench.h"

static struct chip chips[GPIO_CHIPS];
struct peer peers[PEERS];
static unsigned long looks; /* at chips, by who searches for one */

static struct chip *
chip_by_number(int number)
{
    for (int i = 0; i < GPIO_CHIPS; i++)
        if (chips[i].is_there && chips[i].number == number)
            return &chips[i];
    return NULL;
}

static struct chip *
chip_by_label(const char *label)
{
    for (int i = 0; i < GPIO_CHIPS; i++)
        if (strcmp(chips[i].label, label) == 0)
            return &chips[i];
    return NULL;
}

static int
add_peer(int fd, struct chip *chip, int line, int edges)
{
    for (int i = 0; i < PEERS; i++)
        if (peers[i].fd == 0) {
            peers[i] =
                (struct peer){.fd = fd, .chip = chip, .line = line, .edges = edges, .oldest = -1};
            return i;
        }
    fputs("gpio_bench: too many connections\n", stderr);
    exit(1);
}

static void
drop_peer(struct peer *peer)
{
    if (peer->chip && peer->line >= 0) {
        struct line *line = &peer->chip->line[peer->line];
        if (line->is_used && line->holder == (int)(peer - peers)) {
            line->is_used = false;
            line->consumer[0] = '\0';
            line->edges_wanted = 0;
            if (line->is_output)
                line->level = 0;
            line->is_output = false;
        }
    }
    close(peer->fd);
    if (peer->edges >= 0)
        close(peer->edges);
    if (peer->oldest >= 0)
        close(peer->oldest);
    memset(peer, 0, sizeof *peer);
}

static void
answer(const struct peer *peer, struct gpio_packet *packet, int error, const int *fds, int n)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec part = {packet, sizeof *packet};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    packet->number = error;
    if (n > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
        memcpy(CMSG_DATA(header), fds, (size_t)n * sizeof(int));
    }
    (void)!sendmsg(peer->fd, &message, MSG_NOSIGNAL);
}

/* The kernel's side of the ioctls */

static int
chip_info(const struct chip *chip, struct gpiochip_info *info)
{
    snprintf(info->name, sizeof info->name, "gpiochip%d", chip->number);
    snprintf(info->label, sizeof info->label, "%s", chip->label);
    info->lines = chip->lines;
    return 0;
}

static int
line_info(const struct chip *chip, struct gpioline_info *info)
{
    if (info->line_offset >= chip->lines)
        return EINVAL;
    const struct line *line = &chip->line[info->line_offset];
    info->flags =
        (line->is_used ? GPIOLINE_FLAG_KERNEL : 0) | (line->is_output ? GPIOLINE_FLAG_IS_OUT : 0);
    snprintf(info->name, sizeof info->name, "GPIO%u", info->line_offset);
    snprintf(info->consumer, sizeof info->consumer, "%s", line->consumer);
    return 0;
}

int
take_line(struct chip *chip, const struct wish *wish)
{
    if (wish->offset >= chip->lines)
        return EINVAL;
    struct line *line = &chip->line[wish->offset];
    if (line->is_used)
        return EBUSY;
    line->is_used = true;
    line->bias = wish->bias;
    line->edges_wanted = wish->edges;
    line->is_output = wish->is_output;
    if (line->is_output)
        line->level = wish->level;
    snprintf(line->consumer, sizeof line->consumer, "%.31s",
             wish->consumer[0] ? wish->consumer : "?");
    return 0;
}

int
give_line(struct chip *chip, unsigned offset, bool has_edges, int fds[2], int *n)
{
    int pair[2], queue[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
        (has_edges && pipe2(queue, O_CLOEXEC) != 0))
        return errno;
    chip->line[offset].holder = add_peer(pair[0], chip, (int)offset, queue[1]);
    fds[0] = has_edges ? queue[0] : pair[1];
    fds[1] = pair[1];
    *n = has_edges ? 2 : 1;
    return 0;
}

static int
bias_of(uint32_t flags)
{
    return flags & GPIOHANDLE_REQUEST_BIAS_PULL_UP     ? 1
           : flags & GPIOHANDLE_REQUEST_BIAS_PULL_DOWN ? 0
                                                       : -1;
}

static int
get_handle(const struct peer *peer, struct gpio_packet *packet, int fds[2], int *n)
{
    struct gpiohandle_request request;
    memcpy(&request, packet->bytes, sizeof request);
    const struct wish wish = {.offset = request.lineoffsets[0],
                              .is_output = request.flags & GPIOHANDLE_REQUEST_OUTPUT,
                              .bias = bias_of(request.flags),
                              .level = request.default_values[0],
                              .consumer = request.consumer_label};
    int error = request.lines == 1 ? take_line(peer->chip, &wish) : EINVAL;
    return error ? error : give_line(peer->chip, wish.offset, false, fds, n);
}

static int
get_event(const struct peer *peer, struct gpio_packet *packet, int fds[2], int *n)
{
    struct gpioevent_request request;
    memcpy(&request, packet->bytes, sizeof request);
    const struct wish wish = {.offset = request.lineoffset,
                              .edges = request.eventflags, /* the same bits */
                              .bias = bias_of(request.handleflags),
                              .consumer = request.consumer_label};
    int error = take_line(peer->chip, &wish);
    return error ? error : give_line(peer->chip, wish.offset, true, fds, n);
}

int
drive_output(struct line *line, int level)
{
    if (!line->is_output)
        return EPERM;
    if (line->fail)
        return line->fail;
    line->level = level;
    return 0;
}

static int
line_values(const struct peer *peer, struct gpio_packet *packet)
{
    struct line *line = &peer->chip->line[peer->line];
    struct gpiohandle_data *data = (struct gpiohandle_data *)(void *)packet->bytes;
    if (packet->command == GPIOHANDLE_GET_LINE_VALUES_IOCTL) {
        data->values[0] = (uint8_t)line->level;
        return 0;
    }
    return drive_output(line, data->values[0]);
}

static int
do_ioctl(const struct peer *peer, struct gpio_packet *packet, int fds[2], int *n)
{
    if (!peer->chip || !peer->chip->is_there)
        return ENODEV;
    switch (packet->command) {
    case GPIO_GET_CHIPINFO_IOCTL:
        return chip_info(peer->chip, (struct gpiochip_info *)(void *)packet->bytes);
    case GPIO_GET_LINEINFO_IOCTL:
        return line_info(peer->chip, (struct gpioline_info *)(void *)packet->bytes);
    case GPIO_GET_LINEHANDLE_IOCTL:
        return get_handle(peer, packet, fds, n);
    case GPIO_GET_LINEEVENT_IOCTL:
        return get_event(peer, packet, fds, n);
    case GPIOHANDLE_GET_LINE_VALUES_IOCTL:
    case GPIOHANDLE_SET_LINE_VALUES_IOCTL:
        return peer->line >= 0 ? line_values(peer, packet) : EINVAL;
    default:
        return do_ioctl_v2(peer, packet, fds, n);
    }
}

/* The world's side */

static long long
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool
queue_edge_v1(const struct peer *peer, long long t_ns, int level)
{
    int queued = 0;
    const struct gpioevent_data event = {.timestamp = (uint64_t)t_ns,
                                         .id = level ? GPIOEVENT_EVENT_RISING_EDGE
                                                     : GPIOEVENT_EVENT_FALLING_EDGE};
    ioctl(peer->edges, FIONREAD, &queued);
    if (queued >= QUEUE * (int)sizeof event)
        return false;
    return write(peer->edges, &event, sizeof event) == (ssize_t)sizeof event;
}

static void
drive(struct line *line, int level)
{
    unsigned wanted = level ? GPIOEVENT_REQUEST_RISING_EDGE : GPIOEVENT_REQUEST_FALLING_EDGE;
    bool is_edge = level != line->level && (line->edges_wanted & wanted);
    line->level = level;
    if (!is_edge || !line->is_used || line->holder < 0)
        return;
    struct peer *peer = &peers[line->holder];
    line->edges++;
    line->last_ns = now_ns();
    if (!(peer->oldest >= 0 ? queue_edge_v2(peer, line->last_ns, level)
                            : queue_edge_v1(peer, line->last_ns, level)))
        line->lost++;
}

static void
unplug(struct chip *chip, bool is_silent)
{
    chip->is_there = false;
    for (int i = 0; i < PEERS; i++) {
        if (peers[i].chip != chip || !peers[i].fd)
            continue;
        peers[i].chip = NULL; /* ENODEV from now on, also when it comes back */
        if (peers[i].edges >= 0 && !is_silent) {
            close(peers[i].edges); /* POLLHUP for who waits */
            peers[i].edges = -1;
        }
    }
    for (unsigned i = 0; i < chip->lines; i++) {
        chip->line[i].is_used = false;
        chip->line[i].edges_wanted = 0;
        if (chip->line[i].is_output)
            chip->line[i].level = chip->line[i].is_output = 0;
    }
}

static struct chip *
plug(int number, const char *label, unsigned lines)
{
    struct chip *chip = chip_by_label(label);
    for (int i = 0; i < GPIO_CHIPS && !chip; i++)
        if (!chips[i].label[0])
            chip = &chips[i];
    if (!chip || lines > LINES)
        return NULL;
    snprintf(chip->label, sizeof chip->label, "%s", label);
    chip->is_there = true;
    chip->number = number;
    chip->lines = lines;
    return chip;
}

static void
pause_us(long us)
{
    const struct timespec wait = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&wait, NULL);
}

/* Of a line that is there. False: no such word. */
static bool
control_line(const char *word, struct line *line, long a, long b, const char *name, char *out)
{
    if (strcmp(word, "set") == 0) {
        drive(line, (int)a);
    } else if (strcmp(word, "bounce") == 0) {
        for (long i = 0; i < a; i++) {
            drive(line, !line->level);
            pause_us(b);
            drive(line, !line->level);
            pause_us(b);
        }
    } else if (strcmp(word, "float") == 0) {
        drive(line, line->bias >= 0 ? line->bias : line->level);
    } else if (strcmp(word, "busy") == 0) {
        line->is_used = true;
        line->holder = -1;
        snprintf(line->consumer, sizeof line->consumer, "%.31s", name);
    } else if (strcmp(word, "free") == 0) {
        line->is_used = false;
    } else if (strcmp(word, "fail") == 0) {
        line->fail = (int)a;
    } else if (strcmp(word, "get") != 0) {
        return false;
    }
    snprintf(out, GPIO_BYTES, "ok level %d used %d edges %llu lost %llu last %lld consumer %s",
             line->level, line->is_used, (unsigned long long)line->edges,
             (unsigned long long)line->lost, line->last_ns, line->consumer);
    return true;
}

static void
control(char *text, char *out)
{
    char word[16] = "", label[32] = "", third[32] = "", name[32] = "";
    long offset, a, b = 0;
    int n = sscanf(text, "%15s %31s %31s %31s %ld", word, label, third, name, &b);
    struct chip *chip = n >= 2 ? chip_by_label(label) : NULL;
    offset = strtol(third, NULL, 10);
    a = strtol(name, NULL, 10);
    snprintf(out, GPIO_BYTES, "ok");
    if (strcmp(word, "plug") == 0 && n >= 4 &&
        plug((int)strtol(label, NULL, 10), third, (unsigned)a))
        return;
    if (strcmp(word, "looks") == 0)
        snprintf(out, GPIO_BYTES, "ok %lu", looks);
    else if (strcmp(word, "unplug") == 0 && chip)
        unplug(chip, strcmp(third, "silent") == 0);
    else if (strcmp(word, "deny") == 0 && chip)
        chip->denied = (int)offset;
    else if (!chip || offset < 0 || offset >= LINES ||
             !control_line(word, &chip->line[offset], a, b, name, out))
        snprintf(out, GPIO_BYTES, "no such thing: %.100s", text);
}

static void
serve(struct peer *peer)
{
    struct gpio_packet packet;
    int fds[2], n = 0, error = 0;
    if (recv(peer->fd, &packet, sizeof packet, 0) != (ssize_t)sizeof packet) {
        drop_peer(peer);
        return;
    }
    struct chip *chip = chip_by_number(packet.number);
    switch ((enum gpio_op)packet.op) {
    case GPIO_LOOK:
        looks++;
        error = chip ? 0 : ENOENT;
        break;
    case GPIO_OPEN:
        error = !chip ? ENOENT : chip->denied;
        peer->chip = chip;
        break;
    case GPIO_IOCTL:
        error = do_ioctl(peer, &packet, fds, &n);
        break;
    case GPIO_CONTROL: {
        char out[GPIO_BYTES];
        packet.bytes[GPIO_BYTES - 1] = '\0';
        control(packet.bytes, out);
        memcpy(packet.bytes, out, sizeof out);
        break;
    }
    }
    answer(peer, &packet, error, fds, n);
    for (int i = 0; i < n; i++)
        close(fds[i]);
}

static int
listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 64) != 0) {
        perror("gpio_bench");
        exit(1);
    }
    return fd;
}

int
main(int argc, char **argv)
{
    struct pollfd look[PEERS + 2];
    if (argc != 2)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_at(argv[1]);
    puts("ready");
    fflush(stdout);
    for (;;) {
        char ignored[64];
        for (int i = 0; i < PEERS; i++)
            look[i] = (struct pollfd){.fd = peers[i].fd ? peers[i].fd : -1, .events = POLLIN};
        look[PEERS] = (struct pollfd){.fd = listener, .events = POLLIN};
        look[PEERS + 1] = (struct pollfd){.fd = 0, .events = POLLIN};
        if (poll(look, PEERS + 2, -1) < 0)
            return 1;
        for (int i = 0; i < PEERS; i++)
            if (look[i].revents && peers[i].fd)
                serve(&peers[i]);
        if (look[PEERS].revents)
            add_peer(accept4(listener, NULL, NULL, SOCK_CLOEXEC), NULL, -1, -1);
        if (look[PEERS + 1].revents && read(0, ignored, sizeof ignored) <= 0)
            return 0;
    }
}

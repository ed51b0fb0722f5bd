/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop: lws polls its own sockets and, as one file among them, an epoll with ours. lws_service
 * of 4.1 ignores its time-out argument; so waiting is ended by a timer of lws (sul). Timers of the
 * house are a list sorted by due time.
 */
#include "qtrade/net/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "qtrade/base/time.h"

#include "loop_priv.h"
#include "tls_priv.h"

#define BATCH 64
#define LWS_FDS_MAX 512 /* WebSocket clients of one loop, with room for lws's own */
#define RX_BUFFER 65536

struct qt_loop {
    struct lws_context *lws;
    struct lws_vhost *vhost;
    SSL_CTX *tls;
    int epoll_fd;   /* closed by lws once it was adopted */
    int event_fd;   /* wakes */
    bool has_epoll; /* lws owns epoll_fd */
    struct qt__watch wake;
    struct lws_sorted_usec_list until; /* ends a wait */
    struct qt_timer timers;            /* head of the ring, sorted by due_ns */
    struct epoll_event batch[BATCH];   /* of this turn; a watch that stops is struck out */
    int n_batch;
    int64_t now_ns;
    int callbacks; /* given in this turn */
    unsigned turn;
    struct qt__resolve *resolves;
};

const char *
qt_net_error_name(enum qt_net_error error)
{
    static const char *const names[QT_NET_ERRORS] = {
        [QT_NET_OK] = "ok",
        [QT_NET_DNS] = "dns",
        [QT_NET_REFUSED] = "refused",
        [QT_NET_TLS] = "tls",
        [QT_NET_TIMEOUT] = "timeout",
        [QT_NET_CLOSED] = "closed",
        [QT_NET_TOO_LARGE] = "too_large",
        [QT_NET_OFF] = "called_off",
        [QT_NET_PROTOCOL] = "protocol",
    };
    return (unsigned)error < QT_NET_ERRORS ? names[error] : "unknown";
}

static void
dispatch(struct qt_loop *loop)
{
    loop->n_batch = epoll_wait(loop->epoll_fd, loop->batch, BATCH, 0);
    for (int i = 0; i < loop->n_batch; i++) {
        struct qt__watch *watch = loop->batch[i].data.ptr;
        if (watch)
            watch->fn(watch->context, loop->batch[i].events);
    }
    loop->n_batch = 0;
}

/* The epoll became readable; everything else belongs to the WebSocket clients. */
static int
on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    if (reason != LWS_CALLBACK_RAW_RX_FILE)
        return qt__ws_callback(wsi, reason, user, in, length);
    dispatch(lws_context_user(lws_get_context(wsi)));
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "qtrade", .callback = on_lws, .rx_buffer_size = RX_BUFFER},
    {0},
};

/*
 * lws asks OpenSSL for a fresh index of its private data each time a context is created with
 * DO_SSL_GLOBAL_INIT, which would orphan the sessions of contexts that live already: so only the
 * first context of the process may ask. This is state of the library, not ours.
 */
static struct lws_context *
create_context(struct qt_loop *loop)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool is_initialised; /* guarded by lock */
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .user = loop,
        .fd_limit_per_thread = LWS_FDS_MAX,
        .pt_serv_buf_size = RX_BUFFER,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    pthread_mutex_lock(&lock);
    lws_set_log_level(0, NULL); /* rooms below engine return errors, they do not log */
    if (!is_initialised)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    struct lws_context *context = lws_create_context(&info);
    is_initialised = is_initialised || context;
    pthread_mutex_unlock(&lock);
    return context;
}

static struct lws_vhost *
create_vhost(struct qt_loop *loop)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .protocols = protocols,
        .provided_client_ssl_ctx = loop->tls,
        .vhost_name = "qtrade",
        .timeout_secs = 20,
    };
    return lws_create_vhost(loop->lws, &info);
}

static void
on_wake(void *context, uint32_t events)
{
    (void)events;
    struct qt_loop *loop = context;
    uint64_t count;
    ssize_t n = read(loop->event_fd, &count, sizeof count);
    (void)n; /* EAGAIN: somebody else's wake was read with an earlier one */
    qt__resolve_deliver(&loop->resolves);
}

static bool
start(struct qt_loop *loop, const struct qt_loop_options *options, struct qt_error *err)
{
    loop->tls = qt__tls_create(options ? options->ca_file : NULL, err);
    if (!loop->tls)
        return false;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->event_fd < 0)
        return qt_fail_errno(err, QT_E_IO, "creating an event loop");
    loop->lws = create_context(loop);
    loop->vhost = loop->lws ? create_vhost(loop) : NULL;
    if (!loop->vhost)
        return qt_fail(err, QT_E_IO, "creating an event loop: libwebsockets refused");
    lws_sock_file_fd_type fd = {.filefd = loop->epoll_fd};
    loop->has_epoll = lws_adopt_descriptor_vhost(loop->vhost, LWS_ADOPT_RAW_FILE_DESC, fd,
                                                 protocols[0].name, NULL) != NULL;
    if (!loop->has_epoll ||
        !qt__watch_start(loop, &loop->wake, loop->event_fd, EPOLLIN, on_wake, loop))
        return qt_fail(err, QT_E_IO, "creating an event loop: no room for its descriptors");
    return true;
}

struct qt_loop *
qt_loop_create(const struct qt_loop_options *options, struct qt_error *err)
{
    struct qt_loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for an event loop");
        return NULL;
    }
    loop->epoll_fd = loop->event_fd = -1;
    loop->timers.next = loop->timers.prev = &loop->timers;
    loop->now_ns = qt_now_mono_ns();
    if (start(loop, options, err))
        return loop;
    qt_loop_destroy(loop);
    return NULL;
}

void
qt_loop_destroy(struct qt_loop *loop)
{
    if (!loop)
        return;
    while (loop->resolves)
        qt__resolve_cancel(loop->resolves);
    qt__watch_stop(&loop->wake);
    if (loop->lws) {
        lws_sul_cancel(&loop->until);
        lws_context_destroy(loop->lws);
    }
    if (loop->epoll_fd >= 0 && !loop->has_epoll)
        close(loop->epoll_fd);
    if (loop->event_fd >= 0)
        close(loop->event_fd);
    SSL_CTX_free(loop->tls);
    free(loop);
}

static void
on_until(struct lws_sorted_usec_list *sul)
{
    (void)sul; /* its only job is to end the wait */
}

static void
run_timers(struct qt_loop *loop)
{
    while (loop->timers.next != &loop->timers && loop->timers.next->due_ns <= loop->now_ns) {
        struct qt_timer *timer = loop->timers.next;
        qt_timer_stop(timer);
        loop->callbacks++;
        timer->fn(timer->context);
    }
}

/* Milliseconds to wait: the caller's wish, cut at the next timer; -1: for ever. */
static int64_t
wait_ms(const struct qt_loop *loop, int timeout_ms)
{
    int64_t wait = timeout_ms;
    if (loop->callbacks > 0)
        return 0;
    if (loop->timers.next == &loop->timers)
        return wait;
    int64_t due = loop->timers.next->due_ns - loop->now_ns;
    int64_t due_ms = due <= 0 ? 0 : (due + QT_NS_PER_MS - 1) / QT_NS_PER_MS;
    return wait < 0 ? due_ms : QT_MIN(wait, due_ms);
}

int
qt_loop_work(struct qt_loop *loop, int timeout_ms)
{
    loop->callbacks = 0;
    loop->now_ns = qt_now_mono_ns();
    run_timers(loop);
    int64_t wait = wait_ms(loop, timeout_ms);
    if (wait > 0) /* lws cuts to whole milliseconds: 0.2 ms more keeps it from cutting one off */
        lws_sul_schedule(loop->lws, 0, &loop->until, on_until, wait * 1000 + 200);
    (void)lws_service(loop->lws, wait == 0 ? -1 : 0);
    lws_sul_cancel(&loop->until);
    loop->now_ns = qt_now_mono_ns();
    run_timers(loop);
    return loop->callbacks;
}

void
qt_loop_wake(struct qt_loop *loop)
{
    const uint64_t one = 1;
    ssize_t n = write(loop->event_fd, &one, sizeof one);
    (void)n; /* EAGAIN: the counter is full, so the loop is being woken already */
}

void
qt_timer_start(struct qt_loop *loop, struct qt_timer *timer, int64_t delay_ms, qt_timer_fn fn,
               void *context)
{
    qt_timer_stop(timer);
    timer->loop = loop;
    timer->due_ns = qt_now_mono_ns() + QT_MAX(delay_ms, 0) * QT_NS_PER_MS;
    timer->fn = fn;
    timer->context = context;
    struct qt_timer *after = &loop->timers; /* at once: due first; time-outs: due last */
    if (delay_ms == 0)
        while (after->next != &loop->timers && after->next->due_ns <= timer->due_ns)
            after = after->next;
    else
        for (after = loop->timers.prev; after != &loop->timers && after->due_ns > timer->due_ns;)
            after = after->prev;
    timer->prev = after;
    timer->next = after->next;
    after->next->prev = timer;
    after->next = timer;
}

void
qt_timer_stop(struct qt_timer *timer)
{
    if (!timer->loop)
        return;
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    timer->next = timer->prev = NULL;
    timer->loop = NULL;
}

bool
qt_timer_is_running(const struct qt_timer *timer)
{
    return timer->loop != NULL;
}

bool
qt__watch_start(struct qt_loop *loop, struct qt__watch *watch, int fd, uint32_t events,
                void (*fn)(void *, uint32_t), void *context)
{
    *watch = (struct qt__watch){.fd = fd, .events = events, .fn = fn, .context = context};
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return false;
    watch->loop = loop;
    return true;
}

void
qt__watch_change(struct qt__watch *watch, uint32_t events)
{
    if (!watch->loop || watch->events == events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) == 0)
        watch->events = events;
}

void
qt__watch_stop(struct qt__watch *watch)
{
    struct qt_loop *loop = watch->loop;
    if (!loop)
        return;
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->n_batch; i++)
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
    watch->loop = NULL;
}

struct lws_context *
qt__loop_lws(struct qt_loop *loop)
{
    return loop->lws;
}

struct lws_vhost *
qt__loop_vhost(struct qt_loop *loop)
{
    return loop->vhost;
}

SSL_CTX *
qt__loop_tls(struct qt_loop *loop)
{
    return loop->tls;
}

void
qt__loop_count(struct qt_loop *loop)
{
    loop->callbacks++;
}

unsigned
qt__loop_turn(struct qt_loop *loop)
{
    return loop->turn++;
}

struct qt__resolve **
qt__loop_resolves(struct qt_loop *loop)
{
    return &loop->resolves;
}

int
qt__loop_wake_fd(const struct qt_loop *loop)
{
    return loop->event_fd;
}

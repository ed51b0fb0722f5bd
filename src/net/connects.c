/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/net/connects.h"

#include <strings.h>

#include "qtrade/base/error.h"
#include "qtrade/base/text.h"

void
qt_connects_init(struct qt_connects *connects, double rate_per_s, double burst)
{
    qt_assert(rate_per_s > 0 && burst >= 1);
    *connects = (struct qt_connects){.rate_per_s = rate_per_s, .burst = burst};
}

static struct qt_bucket *
bucket_of(struct qt_connects *connects, const char *host, int64_t now_ns)
{
    for (unsigned i = 0; i < connects->n; i++)
        if (strcasecmp(connects->host[i].name, host) == 0)
            return &connects->host[i].bucket;
    if (connects->n == QT_CONNECTS_HOSTS)
        return &connects->host[QT_CONNECTS_HOSTS - 1].bucket;
    unsigned at = connects->n++;
    qt_copy(connects->host[at].name, sizeof connects->host[at].name, host);
    qt_bucket_init(&connects->host[at].bucket, connects->rate_per_s, connects->burst, now_ns);
    return &connects->host[at].bucket;
}

bool
qt_connects_take(struct qt_connects *connects, const char *url, int64_t now_ns)
{
    struct qt_url parsed;
    struct qt_error ignored = {0};
    return qt_url_parse(url, &parsed, &ignored) &&
           qt_bucket_take(bucket_of(connects, parsed.host, now_ns), now_ns, 1);
}

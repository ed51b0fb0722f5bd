/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the watchman said of itself when it asked for the guard line, for the engine's status. */
#ifndef QTRADE_API_WATCHED_PRIV_H
#define QTRADE_API_WATCHED_PRIV_H

#include <jansson.h>
#include <stdint.h>

/** Zeroed: none has asked yet. */
struct qt__watched {
    json_t *said;
    int64_t at_ns; /* monotonic */
};

/** Keeps what the request has of it, if it is such a thing. */
void qt__watched_take(struct qt__watched *watched, const json_t *request, int64_t now_ns);
/** "watchman" of the status, a new reference: null, or what was said and how long ago. */
json_t *qt__watched_document(const struct qt__watched *watched, int64_t now_ns);
void qt__watched_finish(struct qt__watched *watched);

#endif

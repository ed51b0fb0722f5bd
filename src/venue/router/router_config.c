/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sections "router" and "venue_2" to "venue_4": one row a key.
 */
#include "qtrade/venue/router_config.h"

#include "qtrade/base/text.h"

#define NUMBER(struct_, field_, def_, min_, max_, unit_, help_)                                    \
    {                                                                                              \
        .key = #field_, .type = QT_CONFIG_DOUBLE, .offset = offsetof(struct struct_, field_),      \
        .def = def_, .min = min_, .max = max_, .unit = unit_, .help = help_                        \
    }
#define TEXT(field_, help_)                                                                        \
    {                                                                                              \
        .key = #field_, .type = QT_CONFIG_TEXT,                                                    \
        .offset = offsetof(struct qt_more_venue_config, field_),                                   \
        .max = sizeof((struct qt_more_venue_config *)0)->field_, .text = "", .help = help_         \
    }

static const struct qt_config_key router_keys[] = {
    NUMBER(qt_router_config, taker_fee_bps, 10, -10, 100, "bps",
           "what the first venue takes of an order that takes"),
    NUMBER(qt_router_config, maker_fee_bps, 10, -10, 100, "bps", "and of one that rests"),
    NUMBER(qt_router_config, impact, 1, 0, 10, NULL,
           "coefficient of the square-root impact that a share is charged with"),
    {.key = "failures",
     .type = QT_CONFIG_INT,
     .offset = offsetof(struct qt_router_config, failures),
     .def = 3,
     .min = 1,
     .max = 100,
     .help = "orders refused or unanswered in a row after which a venue gets no more"},
    {.key = "cool_s",
     .type = QT_CONFIG_INT,
     .offset = offsetof(struct qt_router_config, cool_s),
     .def = 30,
     .min = 1,
     .max = 3600,
     .unit = "s",
     .help = "until it is tried again, doubled each time up to 16 times"},
    {0}};

const struct qt_config_section qt_router_section = {
    .name = "router",
    .help = "Which part of an order goes to which venue, where there are several",
    .size = sizeof(struct qt_router_config),
    .keys = router_keys,
};

static const struct qt_config_key more_keys[] = {
    TEXT(rest_url, "address of the requests; empty: there is no such venue"),
    TEXT(ws_url, "address of the streams"),
    TEXT(ws_api_url, "address of the WebSocket API"),
    TEXT(credentials_file, "file with {\"key\",\"secret\"}, mode 0600"),
    TEXT(credentials, "or the name of the vault's entry"),
    NUMBER(qt_more_venue_config, taker_fee_bps, 10, -10, 100, "bps",
           "what it takes of an order that takes"),
    NUMBER(qt_more_venue_config, maker_fee_bps, 10, -10, 100, "bps", "and of one that rests"),
    {0}};

#define MORE(name_)                                                                                \
    {                                                                                              \
        .name = name_, .help = "A further venue for the router; live only",                        \
        .size = sizeof(struct qt_more_venue_config), .keys = more_keys                             \
    }

const struct qt_config_section qt_more_venue_section[QT_MORE_VENUES] = {
    MORE("venue_2"), MORE("venue_3"), MORE("venue_4")};

void
qt_more_venue_fill(const struct qt_more_venue_config *more, const struct qt_venue_config *first,
                   struct qt_venue_config *out)
{
    *out = *first;
    qt_copy(out->rest_url, sizeof out->rest_url, more->rest_url);
    qt_copy(out->ws_url, sizeof out->ws_url, more->ws_url);
    qt_copy(out->ws_api_url, sizeof out->ws_api_url, more->ws_api_url);
    qt_copy(out->credentials_file, sizeof out->credentials_file, more->credentials_file);
    qt_copy(out->credentials, sizeof out->credentials, more->credentials);
    out->backup_ws_url[0] = '\0';
    out->history_1h_bars = out->history_15m_bars = out->history_1m_bars = 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's newest picture as every client of the control socket gets it: written once. */
#include <stdlib.h>

#include "qtrade/api/picture.h"

#include "control_priv.h"

/* Room for one picture as text and one copy, when the first is asked for. */
static bool
has_room(struct qt_control_server *server)
{
    if (!server->picture.buffer) {
        char *buffer = malloc(QT_PICTURE_MAX);
        if (buffer)
            qt_text_init(&server->picture, buffer, QT_PICTURE_MAX);
    }
    if (!server->withheld && server->options.dashboard != QT_DASHBOARD_FULL)
        server->withheld = malloc(sizeof *server->withheld);
    return server->picture.buffer &&
           (server->withheld || server->options.dashboard == QT_DASHBOARD_FULL);
}

/* The answer with that picture, as all clients get it, in server->picture. */
static void
write_picture(struct qt_control_server *server, const struct qt_snapshot *snapshot)
{
    if (snapshot->number == server->picture_number)
        return;
    server->picture_number = snapshot->number;
    if (server->options.dashboard != QT_DASHBOARD_FULL) {
        *server->withheld = *snapshot;
        qt_dashboard_withhold(server->withheld, server->options.dashboard);
        snapshot = server->withheld;
    }
    qt_text_clear(&server->picture);
    qt_text_addf(&server->picture, "{\"v\":%d,\"ok\":true,\"picture\":", QT_CONTROL_VERSION);
    qt_picture_write(snapshot, &server->picture);
    qt_text_add_char(&server->picture, '}');
    qt_assert(!server->picture.is_cut);
}

/* {"v":1,"command":"picture","after":NUMBER,"keys":N}: the newest picture, null when it is still
 * that one, so that whoever is slow skips pictures (fault T2). N counts the keys pressed there. */
bool
qt__control_picture(struct qt_control_server *server, struct qt__control_client *client,
                    const json_t *request, const char **out)
{
    const struct qt_control_engine *engine = &server->options.engine;
    uint64_t after = (uint64_t)json_integer_value(json_object_get(request, "after"));
    int64_t keys = json_integer_value(json_object_get(request, "keys"));
    if (keys > client->keys && engine->seen)
        engine->seen(engine->self);
    client->keys = keys;
    if (!client->is_attached)
        qt__control_notice(server, QT_CONTROL_ATTACHED, &client->peer);
    client->is_attached = true;
    if (!has_room(server))
        return false;
    const struct qt_snapshot *snapshot = engine->take(engine->self);
    if (snapshot)
        write_picture(server, snapshot);
    bool is_news = snapshot && snapshot->number != after;
    engine->give(engine->self, snapshot);
    *out = is_news ? server->picture.buffer : NULL;
    return true;
}

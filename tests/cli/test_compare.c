/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The real program compares sessions whose venue is known. QT_SEED=N tries that seed, QT_EPISODES=N
 * makes the sessions longer.
 */
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <sys/wait.h>

#include "impact_kit.h"

enum { EPISODES = 1500, SEEDS = 3, WORDS = 256, HEARD = 16384 };

static const struct kit_venue truth = {.order = {40 * QT_NS_PER_MS, 0.33},
                                       .cancel = {25 * QT_NS_PER_MS, 0.5},
                                       .maker_ppm = 200,
                                       .taker_ppm = 750,
                                       .queue_ppm = 600000};

static long
number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

static void
record(struct kit_session *session, const struct kit_venue *venue, uint64_t seed, long episodes)
{
    kit_open(session, venue, seed);
    for (long i = 0; i < episodes; i++)
        kit_episode(session);
    kit_close(session);
}

static void
forget(const struct kit_session *session)
{
    char path[400];
    DIR *folder = opendir(session->folder);
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%.255s", session->folder, entry->d_name);
        (void)unlink(path);
    }
    if (folder)
        closedir(folder);
    rmdir(session->folder);
}

/* Runs "qtrade compare FOLDER WORDS", everything it says into out; its exit status. */
static int
compare(const char *folder, const char *words, char *out, size_t room)
{
    char command[WORDS + 600];
    snprintf(command, sizeof command, "'%s' compare '%s' %s 2>&1", getenv("QT_BINARY"), folder,
             words);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t n = fread(out, 1, room - 1, pipe);
    out[n] = '\0';
    while (fgetc(pipe) != EOF)
        continue;
    return WEXITSTATUS(pclose(pipe));
}

static json_t *
compared(const char *folder, const char *words)
{
    char command[WORDS + 600];
    json_error_t error;
    snprintf(command, sizeof command, "'%s' compare '%s' --json %s", getenv("QT_BINARY"), folder,
             words);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    json_t *document = json_loadf(pipe, 0, &error);
    ck_assert_int_eq(pclose(pipe), 0);
    ck_assert_msg(document != NULL, "%s", error.text);
    return document;
}

/* "calibration.queue_ahead.value"; NAN: null. */
static double
at(const json_t *document, const char *path)
{
    char name[64];
    const json_t *value = document;
    for (const char *p = path; *p; p += *p == '.') {
        size_t n = strcspn(p, ".");
        ck_assert(qt_copy_n(name, sizeof name, p, n));
        value = json_object_get(value, name);
        ck_assert_msg(value != NULL, "%s: no %s", path, name);
        p += n;
    }
    return json_is_null(value) ? (double)NAN : json_number_value(value);
}

#define WITHIN(document, path, wanted, part)                                                       \
    ck_assert_msg(fabs(at(document, path) / (wanted)-1) < (part), "%s is %g, not %g", path,        \
                  at(document, path), (double)(wanted))

/* Each order's own bounds hold the truth: what is told of a single one is no estimate. */
static void
check_places(const json_t *orders)
{
    size_t i, known = 0;
    json_t *row;
    json_array_foreach(orders, i, row)
    {
        const json_t *queue = json_object_get(row, "queue");
        if (json_is_null(queue))
            continue;
        double ahead = 0.6 * at(queue, "visible"), high = at(queue, "ahead_high");
        known++;
        ck_assert_double_le(at(queue, "ahead_low"), ahead + 0.001);
        ck_assert(isnan(high) || high >= ahead - 0.001);
    }
    ck_assert_uint_gt(known, 100);
}

/* The last one is of perpetuals. */
START_TEST(known_parameters_are_recovered_within_five_percent)
{
    struct kit_session session;
    struct kit_venue venue = truth;
    long seed = number_of("QT_SEED", _i + 1), episodes = number_of("QT_EPISODES", EPISODES);
    venue.is_perpetual = _i == SEEDS;
    record(&session, &venue, (uint64_t)seed, episodes);
    json_t *document = compared(session.folder, "");
    WITHIN(document, "calibration.latency.order_word.median_ms.value", 40, 0.05);
    WITHIN(document, "calibration.latency.order_word.sigma.value", 0.33, 0.05);
    WITHIN(document, "calibration.latency.order_answer.median_ms.value", 40, 0.05);
    WITHIN(document, "calibration.latency.order_answer.sigma.value", 0.33, 0.05);
    WITHIN(document, "calibration.latency.cancel_word.median_ms.value", 25, 0.05);
    WITHIN(document, "calibration.latency.cancel_word.sigma.value", 0.5, 0.05);
    WITHIN(document, "calibration.queue_ahead.value", 0.6, 0.05);
    WITHIN(document, "calibration.maker_bps.value", 2, 0.05);
    WITHIN(document, "calibration.taker_bps.value", 7.5, 0.05);
    ck_assert_double_eq(at(document, "calibration.latency.order_word.n"), 3.0 * (double)episodes);
    ck_assert(at(document, "calibration.queue_ahead.low") <= 0.6 &&
              0.6 <= at(document, "calibration.queue_ahead.high"));
    check_places(json_object_get(document, "orders"));
    /* and played again they give the session again */
    ck_assert_double_eq(at(document, "totals.not_simulated"), 0);
    ck_assert_double_ge(at(document, "totals.filled.both"), 1.95 * (double)episodes);
    WITHIN(document, "totals.fees.simulated", at(document, "totals.fees.recorded"), 0.05);
    WITHIN(document, "totals.fill.simulated.median_ms.value", 40, 0.05);
    WITHIN(document, "totals.rest.simulated.median_ms.value",
           at(document, "totals.rest.recorded.median_ms.value"), 0.05);
    json_decref(document);
    forget(&session);
}
END_TEST

START_TEST(too_few_observations_give_no_number)
{
    struct kit_session session;
    char heard[HEARD];
    record(&session, &truth, 1, 9);
    json_t *document = compared(session.folder, "");
    ck_assert(isnan(at(document, "calibration.latency.order_word.median_ms.value")));
    ck_assert_double_eq(at(document, "calibration.latency.order_word.n"), 27);
    ck_assert(isnan(at(document, "calibration.queue_ahead.value")));
    ck_assert_str_eq(
        json_string_value(json_object_get(
            json_object_get(json_object_get(document, "parameters"), "queue_ahead"), "origin")),
        "assumed");
    ck_assert(json_is_null(json_object_get(document, "signals")));
    const json_t *order =
        json_object_get(json_object_get(document, "parameters"), "order_latency_ms");
    ck_assert_str_eq(json_string_value(json_object_get(order, "origin")), "few observations");
    ck_assert(at(order, "value") > 20 && at(order, "value") < 80);
    json_decref(document);
    ck_assert_int_eq(compare(session.folder, "", heard, sizeof heard), 0);
    ck_assert_ptr_nonnull(strstr(heard, "not enough observations"));
    ck_assert_ptr_null(strstr(heard, "AS CONFIG"));
    forget(&session);
}
END_TEST

static json_t *
impact_of(const struct kit_session *session)
{
    json_t *document = compared(session->folder, "");
    json_t *impact = json_object_get(json_object_get(document, "calibration"), "impact");
    json_incref(impact);
    json_decref(document);
    return impact;
}

static void
record_impact(struct kit_session *session, double coefficient, double noise, uint64_t seed, int n)
{
    struct impact_market market = {.model = {coefficient, QT_IMPACT_HALF_LIFE_NS}, .noise = noise};
    kit_open(session, &truth, seed);
    impact_history(session);
    for (int i = 0; i < n; i++)
        impact_order(session, &market);
    kit_close(session);
}

/* What the price does by itself in the meantime is a tenth of what the median order does at 1. */
START_TEST(a_known_impact_is_recovered_within_five_percent)
{
    static const double coefficients[] = {0.5, 1, 3};
    struct kit_session session;
    double told = coefficients[_i % 3];
    record_impact(&session, told, 4e-5, (uint64_t)_i + 1, 400);
    json_t *impact = impact_of(&session);
    WITHIN(impact, "value", told, 0.05);
    ck_assert_double_lt(at(impact, "standard_error"), 0.02 * told);
    ck_assert_double_ge(at(impact, "n"), 390);
    ck_assert_double_eq(at(impact, "without_day"), 0);
    json_decref(impact);
    forget(&session);
}
END_TEST

START_TEST(no_impact_is_not_told_as_one)
{
    struct kit_session session;
    char heard[HEARD];
    record_impact(&session, 0, 4e-5, 2, 100);
    json_t *document = compared(session.folder, "");
    ck_assert(at(document, "calibration.impact.low") < 0);
    ck_assert(at(document, "calibration.impact.high") > 0);
    ck_assert_ptr_null(json_object_get(json_object_get(document, "config"), "execution"));
    ck_assert_int_eq(compare(session.folder, "", heard, sizeof heard), 0);
    ck_assert_ptr_nonnull(strstr(heard, "not told apart from none"));
    json_decref(document);
    forget(&session);
}
END_TEST

START_TEST(impact_needs_thirty_orders)
{
    struct kit_session session;
    record_impact(&session, 1, 4e-5, 3, 29);
    json_t *impact = impact_of(&session);
    ck_assert(isnan(at(impact, "value")) && isnan(at(impact, "standard_error")));
    ck_assert_double_ge(at(impact, "n"), 28);
    json_decref(impact);
    forget(&session);
}
END_TEST

START_TEST(text_fits_eighty_columns)
{
    struct kit_session session;
    char heard[HEARD];
    record(&session, &truth, 2, 40);
    ck_assert_int_eq(compare(session.folder, "", heard, sizeof heard), 0);
    size_t length;
    for (const char *line = heard; *line; line += length + (line[length] != '\0')) {
        length = strcspn(line, "\n");
        ck_assert_msg(length <= 80, "%.*s", (int)length, line);
    }
    forget(&session);
}
END_TEST

/* How many resting orders the simulation fills before the session did. */
static size_t
makers_filled_sooner(const json_t *orders)
{
    size_t i, n = 0;
    json_t *row;
    json_array_foreach(orders, i, row) n +=
        strcmp(json_string_value(json_object_get(row, "type")), "limit_maker") == 0 &&
        at(row, "simulated.fill_ms") < at(row, "recorded.fill_ms");
    return n;
}

START_TEST(given_parameters_are_those_of_the_simulation)
{
    struct kit_session session;
    record(&session, &truth, 3, 60);
    json_t *document = compared(
        session.folder, "--latency order=5ms --latency cancel=7ms:0.2 --queue 0.25 --fees 1/3");
    ck_assert_double_eq(at(document, "parameters.order_latency_ms.value"), 5);
    ck_assert_double_eq(at(document, "parameters.order_latency_sigma.value"), 0);
    ck_assert_double_eq(at(document, "parameters.cancel_latency_sigma.value"), 0.2);
    ck_assert_double_eq(at(document, "parameters.queue_ahead.value"), 0.25);
    double faster = at(document, "totals.fill.simulated.median_ms.value");
    ck_assert(faster >= 5 && faster <= 6.5);
    ck_assert_uint_ge(makers_filled_sooner(json_object_get(document, "orders")), 55);
    ck_assert_double_lt(at(document, "totals.fees.simulated"),
                        0.6 * at(document, "totals.fees.recorded"));
    json_decref(document);
    forget(&session);
}
END_TEST

/* Perpetuals */

enum { STOP_AT = KIT_BID - 10, PASSES = 200 };
#define COINS(n) ((qt_qty){(n)*1000})
#define OF_VENUE " --latency order=40ms --latency cancel=25ms --queue 1 --fees 1.5/4.5"

static const struct kit_venue perpetuals = {.order = {40 * QT_NS_PER_MS, 0},
                                            .cancel = {25 * QT_NS_PER_MS, 0},
                                            .maker_ppm = 150,
                                            .taker_ppm = 450,
                                            .is_perpetual = true,
                                            .cash = {INT64_C(10000) * 100000000}};

/* A quote each half millisecond, until every answer must have come. */
static void
pass(struct kit_session *session)
{
    for (int i = 0; i < PASSES; i++)
        kit_quote(session);
}

static void
trade(struct kit_session *session, enum qt_side side, qt_qty qty, bool reduce_only)
{
    (void)kit_submit(session, (struct qt_order_request){.type = QT_TYPE_MARKET,
                                                        .side = (uint8_t)side,
                                                        .reduce_only = reduce_only,
                                                        .px = QT_PX_NONE,
                                                        .stop_px = QT_PX_NONE,
                                                        .qty = qty});
    pass(session);
}

static void
open_perpetuals(struct kit_session *session, const struct kit_venue *venue)
{
    kit_open(session, venue, 1);
    session->bid_qty = 400000;
    kit_quote(session);
    ck_assert(session->port.sync(session->port.self));
    kit_quote(session);
}

/* An order at rest that is filled, and the stop of what it bought. */
static void
rest_and_stop(struct kit_session *session)
{
    const struct qt_order_request stop = {.type = QT_TYPE_STOP_LOSS,
                                          .side = QT_SELL,
                                          .reduce_only = true,
                                          .px = QT_PX_NONE,
                                          .stop_px = {STOP_AT},
                                          .qty = COINS(5)};
    (void)kit_send(session, QT_TYPE_LIMIT_MAKER, KIT_BID, COINS(5).v);
    pass(session);
    kit_push(session, (struct qt_event){.kind = QT_EVENT_TRADE,
                                        .flags = QT_EVENT_BUYER_MAKER,
                                        .trade = {{KIT_BID}, {410000}, ++session->trades}});
    (void)kit_submit(session, stop);
    pass(session);
    kit_push(session, (struct qt_event){.kind = QT_EVENT_TRADE,
                                        .flags = QT_EVENT_BUYER_MAKER,
                                        .trade = {{STOP_AT}, {1000}, ++session->trades}});
    pass(session);
}

/* What the session's i-th order was filled, and why it was refused, on that side. */
static void
ck_fate(const json_t *document, size_t i, const char *side, const char *filled, double code)
{
    const json_t *row = json_array_get(json_object_get(document, "orders"), i);
    const json_t *fate = json_object_get(row, side), *why = json_object_get(fate, "code");
    ck_assert_str_eq(json_string_value(json_object_get(fate, "filled")), filled);
    ck_assert_msg(json_number_value(why) == code, "%zu, %s: %g", i, side, json_number_value(why));
}

static void
ck_fates(const json_t *document, size_t i, const char *filled, double code)
{
    ck_fate(document, i, "recorded", filled, code);
    ck_fate(document, i, "simulated", filled, code);
}

static void
ck_same(const json_t *document)
{
    ck_assert_double_eq(at(document, "totals.filled.recorded"), 0);
    ck_assert_double_eq(at(document, "totals.filled.simulated"), 0);
    ck_assert_double_eq(at(document, "totals.cost"), 0);
    ck_assert_double_eq(at(document, "totals.refused.simulated"), at(document, "totals.refused.recorded"));
    ck_assert_double_eq(at(document, "totals.fees.simulated"), at(document, "totals.fees.recorded"));
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(document, "orders"), i, row)
        ck_assert_msg(json_equal(json_object_get(row, "recorded"), json_object_get(row, "simulated")), "order %zu", i);
}

/* A short, its end, which may not become a long, one with nothing left to reduce, one beyond the
 * margin, one at rest, and a stop. */
START_TEST(a_session_of_perpetuals_is_its_own_simulation)
{
    struct kit_session session;
    open_perpetuals(&session, &perpetuals);
    trade(&session, QT_SELL, COINS(10), false);
    trade(&session, QT_BUY, COINS(20), true);
    trade(&session, QT_SELL, COINS(5), true);
    trade(&session, QT_BUY, COINS(200), false);
    rest_and_stop(&session);
    kit_close(&session);
    json_t *document = compared(session.folder, OF_VENUE);
    ck_same(document);
    ck_assert_double_eq(at(document, "totals.orders"), 6);
    ck_fates(document, 0, "10.000", 0);
    ck_fates(document, 1, "10.000", 0);
    ck_fates(document, 2, "0.000", -2022);
    ck_fates(document, 3, "0.000", -2019);
    ck_fates(document, 4, "5.000", 0);
    ck_fates(document, 5, "5.000", 0);
    json_decref(document);
    forget(&session);
}
END_TEST

/* A short of before; and the cash of one whose positions cost more than was there. */
START_TEST(positions_of_before_are_there_to_be_reduced)
{
    static const struct qt_balance_record kept[][2] = {
        {{"cash", "USDT", 8, {INT64_C(10300) * 100000000}}, {"cash", "ABC", 3, {-3000}}},
        {{"cash", "USDT", 8, {INT64_C(-200) * 100000000}}, {"cash", "ABC", 3, {3000}}}};
    struct kit_session session;
    struct kit_venue venue = perpetuals;
    enum qt_side ends = _i == 0 ? QT_BUY : QT_SELL;
    venue.kept = kept[_i];
    venue.n_kept = 2;
    open_perpetuals(&session, &venue);
    trade(&session, ends, COINS(4), true);
    trade(&session, ends, COINS(1), true);
    kit_close(&session);
    json_t *document = compared(session.folder, OF_VENUE);
    ck_same(document);
    ck_fates(document, 0, "3.000", 0);
    ck_fates(document, 1, "0.000", -2022);
    json_decref(document);
    forget(&session);
}
END_TEST

START_TEST(fees_of_perpetuals_are_their_own)
{
    struct kit_session session;
    struct kit_venue rebate = perpetuals;
    rebate.maker_ppm = -50;
    open_perpetuals(&session, &rebate);
    for (int i = 0; i < 35; i++)
        rest_and_stop(&session);
    kit_close(&session);
    json_t *document = compared(session.folder, "");
    WITHIN(document, "calibration.maker_bps.value", -0.5, 1e-9);
    WITHIN(document, "calibration.taker_bps.value", 4.5, 1e-9);
    WITHIN(document, "totals.fees.simulated", at(document, "totals.fees.recorded"), 1e-9);
    WITHIN(json_object_get(document, "config"), "simulation.perpetual_taker_bps", 4.5, 1e-9);
    json_decref(document);
    forget(&session);
    open_perpetuals(&session, &perpetuals); /* no fill says what it costs: the config does */
    kit_close(&session);
    document = compared(session.folder, "");
    ck_assert_double_eq(at(document, "parameters.maker_bps.value"), 2);
    ck_assert_double_eq(at(document, "parameters.taker_bps.value"), 5);
    json_decref(document);
    forget(&session);
}
END_TEST

/* Runs qtrade with the document's config in a file of the session's folder. */
static int
with_config(const char *folder, const json_t *config, const char *words, char *out, size_t room)
{
    char path[128], command[WORDS + 600];
    snprintf(path, sizeof path, "%s/found.json", folder);
    ck_assert_int_eq(json_dump_file(config, path, 0), 0);
    snprintf(command, sizeof command, "'%s' --config '%s' %s 2>&1", getenv("QT_BINARY"), path, words);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t n = fread(out, 1, room - 1, pipe);
    out[n] = '\0';
    while (fgetc(pipe) != EOF)
        continue;
    return WEXITSTATUS(pclose(pipe));
}

START_TEST(what_was_calibrated_is_a_config_that_the_program_takes)
{
    struct kit_session session;
    static char heard[1 << 17];
    record(&session, &truth, 8, 200);
    json_t *document = compared(session.folder, "");
    const json_t *config = json_object_get(document, "config");
    WITHIN(config, "simulation.order_ms", at(document, "calibration.latency.order_word.median_ms.value"), 1e-5);
    WITHIN(config, "simulation.order_sigma", at(document, "calibration.latency.order_word.sigma.value"), 1e-5);
    WITHIN(config, "simulation.cancel_ms", at(document, "calibration.latency.cancel_word.median_ms.value"), 1e-5);
    WITHIN(config, "simulation.queue_ahead", at(document, "calibration.queue_ahead.value"), 1e-5);
    WITHIN(config, "simulation.maker_bps", 2, 1e-5);
    WITHIN(config, "simulation.taker_bps", 7.5, 1e-5);
    WITHIN(config, "router.taker_fee_bps", 7.5, 1e-5);
    ck_assert_ptr_null(json_object_get(config, "execution")); /* this market has no impact */
    ck_assert_int_eq(with_config(session.folder, config, "config check", heard, sizeof heard), 0);
    ck_assert_int_eq(with_config(session.folder, config, "config show", heard, sizeof heard), 0);
    ck_assert_msg(strstr(heard, "taker_bps") && strstr(heard, "7.5"), "%s", heard);
    ck_assert_int_eq(compare(session.folder, "", heard, sizeof heard), 0);
    ck_assert(strstr(heard, "AS CONFIG") && strstr(heard, "venue serve"));
    ck_assert_ptr_nonnull(strstr(heard, "too few orders"));
    json_decref(document);
    forget(&session);
}
END_TEST

START_TEST(same_journal_gives_the_same_document)
{
    struct kit_session session;
    record(&session, &truth, 4, 60);
    json_t *a = compared(session.folder, ""), *b = compared(session.folder, "");
    ck_assert(json_equal(a, b));
    json_decref(a);
    json_decref(b);
    forget(&session);
}
END_TEST

static const struct {
    const char *words;
    int status;
    const char *says;
} wrong_rows[] = {{"--latency order", 2, "order=TIME"},
                  {"--latency query=5ms", 2, "order=TIME"},
                  {"--latency order=never", 2, "a time up to 60s"},
                  {"--latency order=5ms:-1", 2, "SIGMA, 0 to 5"},
                  {"--fees 10", 2, "MAKER/TAKER"},
                  {"--fees x/1", 2, "MAKER/TAKER"},
                  {"--queue 1.5", 2, "queue"},
                  {"--session nothing", 7, "nothing"},
                  {"more", 2, ""}};

START_TEST(wrong_words_are_told)
{
    static struct kit_session session;
    char heard[HEARD];
    record(&session, &truth, 5, 1);
    for (size_t i = 0; i < QT_COUNT_OF(wrong_rows); i++) {
        int status = compare(session.folder, wrong_rows[i].words, heard, sizeof heard);
        ck_assert_msg(status == wrong_rows[i].status && strstr(heard, wrong_rows[i].says),
                      "%s: %d %s", wrong_rows[i].words, status, heard);
    }
    forget(&session);
}
END_TEST

/* The path of the session's only segment. */
static void
segment_of(const struct kit_session *session, char out[400])
{
    DIR *folder = opendir(session->folder);
    out[0] = '\0';
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        if (strstr(entry->d_name, ".qtj"))
            snprintf(out, 400, "%s/%.255s", session->folder, entry->d_name);
    closedir(folder);
    ck_assert(out[0]);
}

static void
change_byte(const char *path, off_t where, unsigned char flip)
{
    unsigned char byte;
    int fd = open(path, O_RDWR);
    struct stat about;
    ck_assert(fd >= 0 && fstat(fd, &about) == 0);
    off_t place = where < 0 ? about.st_size / 2 : where;
    ck_assert_int_eq(pread(fd, &byte, 1, place), 1);
    byte ^= flip;
    ck_assert_int_eq(pwrite(fd, &byte, 1, place), 1);
    close(fd);
}

START_TEST(journals_that_are_none_are_told)
{
    struct kit_session session, other;
    char heard[HEARD], path[400], key[96], words[WORDS];
    record(&session, &truth, 6, 40);
    record(&other, &truth, 7, 1);
    ck_assert_int_eq(compare("/tmp/qtrade-test-nothing-there", "", heard, sizeof heard), 7);
    segment_of(&session, path);
    snprintf(key, sizeof key, "%s/journal.key", other.folder);
    snprintf(words, sizeof words, "--key-file %s", key);
    ck_assert_int_eq(compare(session.folder, words, heard, sizeof heard), 4);
    ck_assert_ptr_nonnull(strstr(heard, "the key does not fit"));
    change_byte(path, -1, 0x10);
    ck_assert_int_eq(compare(session.folder, "", heard, sizeof heard), 6);
    ck_assert_msg(strstr(heard, "damaged") && strstr(heard, ".qtj"), "%s", heard);
    change_byte(path, -1, 0x10);
    ck_assert_int_eq(compare(session.folder, "", heard, sizeof heard), 0);
    change_byte(path, 8, 0x40);
    ck_assert_int_eq(compare(session.folder, "", heard, sizeof heard), 7);
    ck_assert_msg(strstr(heard, "format 67"), "%s", heard);
    ck_assert_int_eq(truncate(path, 20), 0);
    ck_assert_int_ne(compare(session.folder, "", heard, sizeof heard), 0);
    forget(&session);
    forget(&other);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("compare");
    TCase *tc = tcase_create("compare");
    tcase_add_loop_test(tc, known_parameters_are_recovered_within_five_percent, 0, SEEDS + 1);
    tcase_add_test(tc, too_few_observations_give_no_number);
    tcase_add_loop_test(tc, a_known_impact_is_recovered_within_five_percent, 0, 6);
    tcase_add_test(tc, no_impact_is_not_told_as_one);
    tcase_add_test(tc, impact_needs_thirty_orders);
    tcase_add_test(tc, text_fits_eighty_columns);
    tcase_add_test(tc, given_parameters_are_those_of_the_simulation);
    tcase_add_test(tc, a_session_of_perpetuals_is_its_own_simulation);
    tcase_add_loop_test(tc, positions_of_before_are_there_to_be_reduced, 0, 2);
    tcase_add_test(tc, fees_of_perpetuals_are_their_own);
    tcase_add_test(tc, what_was_calibrated_is_a_config_that_the_program_takes);
    tcase_add_test(tc, same_journal_gives_the_same_document);
    tcase_add_test(tc, wrong_words_are_told);
    tcase_add_test(tc, journals_that_are_none_are_told);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cool-downs of the sealed config at times of our own: what is in force when, whatever is sealed in
 * whatever order, and with clocks that are set (K2). */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/store/store.h"

#include "../../src/cli/sealing_priv.h"
#include "../lib/qt_check.h"

#define HOUR (3600 * QT_NS_PER_S)
#define T0 (1700000000 * QT_NS_PER_S)

struct fixture {
    char folder[64];
    struct qt_store_key *key;
    struct qt_store *store;
    struct qt_settings settings;
};

static void
begin(struct fixture *f)
{
    struct qt_error err = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/qtrade-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->folder));
    f->key = qt_store_key_make(NULL, &err);
    f->store = qt_store_open(f->folder, f->key, &err);
    ck_assert_msg(f->store != NULL, "%s", err.text);
    qt_settings_defaults(&f->settings);
}

static void
end(struct fixture *f)
{
    char command[96];
    qt_store_close(f->store);
    qt_store_key_close(f->key);
    snprintf(command, sizeof command, "rm -r %s", f->folder);
    ck_assert_int_eq(system(command), 0);
}

/* The heat that is allowed is sealed, and traded with. */
static struct qt_seal
seal_heat(struct fixture *f, double heat, int64_t now_ns)
{
    struct qt_error err = {0};
    struct qt_seal seal;
    f->settings.risk.max_heat = heat;
    ck_assert_msg(qt__sealed_make(f->folder, f->key, &f->settings, now_ns, &seal, &err), "%s",
                  err.text);
    return seal;
}

static void
reseal(struct fixture *f, double heat, int64_t now_ns)
{
    struct qt_seal seal = seal_heat(f, heat, now_ns);
    qt_seal_clear(&seal);
}

static struct qt__sealed *
open_at(const struct fixture *f, int64_t now_ns)
{
    struct qt_error err = {0};
    struct qt__sealed *sealed = qt__sealed_open(f->folder, f->key, now_ns, &err);
    ck_assert_msg(sealed != NULL, "%s", err.text);
    return sealed;
}

static double
heat_at(const struct fixture *f, int64_t now_ns)
{
    struct qt__sealed *sealed = open_at(f, now_ns);
    double heat = sealed->in_force.risk.max_heat;
    qt__sealed_close(sealed);
    return heat;
}

START_TEST(loosened_limit_is_held_to_the_nanosecond)
{
    struct fixture f;
    begin(&f);
    reseal(&f, 0.1, T0);
    ck_assert_double_eq(heat_at(&f, T0), 0.1); /* the first is at once */
    reseal(&f, 0.2, T0 + HOUR);
    ck_assert_double_eq(heat_at(&f, T0 + HOUR), 0.1);
    ck_assert_double_eq(heat_at(&f, T0 + 25 * HOUR - 1), 0.1);
    ck_assert_double_eq(heat_at(&f, T0 + 25 * HOUR), 0.2);
    reseal(&f, 0.05, T0 + 30 * HOUR);
    ck_assert_double_eq(heat_at(&f, T0 + 30 * HOUR), 0.05);
    end(&f);
}
END_TEST

START_TEST(clock_set_back_dates_no_seal_earlier)
{
    struct fixture f;
    begin(&f);
    reseal(&f, 0.1, T0 + 1000 * HOUR);
    struct qt_seal seal = seal_heat(&f, 0.2, T0); /* a thousand hours back */
    ck_assert_int_eq(seal.sealed_ns, T0 + 1000 * HOUR);
    ck_assert_uint_eq(seal.n_held, 1);
    ck_assert_int_eq(seal.held[0].until_ns, T0 + 1024 * HOUR);
    qt_seal_clear(&seal);
    ck_assert_double_eq(heat_at(&f, T0 + 1023 * HOUR), 0.1);
    end(&f);
}
END_TEST

START_TEST(clock_set_forward_is_contradicted_by_the_venue)
{
    struct fixture f;
    struct qt_error err = {0};
    begin(&f);
    reseal(&f, 0.1, T0);
    struct qt__sealed *sealed = open_at(&f, T0);
    ck_assert(qt__sealed_agrees(sealed, T0 - 1000 * HOUR, &err)); /* nothing was ever held */
    qt__sealed_close(sealed);
    reseal(&f, 0.2, T0);
    sealed = open_at(&f, T0 + 25 * HOUR); /* the clock says that it is over */
    ck_assert_double_eq(sealed->in_force.risk.max_heat, 0.2);
    ck_assert(qt__sealed_agrees(sealed, T0 + 24 * HOUR, &err));
    ck_assert(!qt__sealed_agrees(sealed, T0 + 24 * HOUR - 1, &err));
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    qt__sealed_close(sealed);
    sealed = open_at(&f, T0 + 23 * HOUR);
    ck_assert(qt__sealed_agrees(sealed, T0, &err)); /* it is held anyway */
    qt__sealed_close(sealed);
    end(&f);
}
END_TEST

START_TEST(k2_seal_of_another_machine_or_not_yet_valid_is_refused)
{
    struct fixture f;
    struct qt_error err = {0};
    begin(&f);
    reseal(&f, 0.1, T0);
    struct qt__sealed *sealed = open_at(&f, T0);
    struct qt_settings settings = f.settings;
    ck_assert_msg(qt__sealed_enforce(sealed, f.key, T0, &settings, &err), "%s", err.text);
    sealed->seal.machine[0] ^= 1;
    ck_assert(!qt__sealed_enforce(sealed, f.key, T0, &settings, &err));
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.text, "another machine"));
    qt__sealed_close(sealed);
    end(&f);
}
END_TEST

static void
copy_file(const char *folder, const char *from, const char *to)
{
    char command[256];
    snprintf(command, sizeof command, "cp %s/%s %s/%s", folder, from, folder, to);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(k2_older_seal_put_back_is_refused_and_the_next_one_waits)
{
    struct fixture f;
    struct qt_error err = {0};
    begin(&f);
    struct qt_seal seal = seal_heat(&f, 0.3, T0);
    ck_assert(qt_store_keep_seal(f.store, &seal, &err));
    qt_seal_clear(&seal);
    copy_file(f.folder, "config.seal", "old");
    seal = seal_heat(&f, 0.1, T0 + HOUR);
    ck_assert_msg(qt_store_keep_seal(f.store, &seal, &err), "%s", err.text);
    copy_file(f.folder, "old", "config.seal");
    ck_assert_ptr_null(qt__sealed_open(f.folder, f.key, T0 + 2 * HOUR, &err));
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.text, "old one put back"));
    qt_seal_clear(&seal);
    seal = seal_heat(&f, 0.3, T0 + 2 * HOUR); /* nobody knows what it loosens */
    ck_assert_uint_eq(seal.number, 3);
    ck_assert_int_eq(seal.from_ns, T0 + 26 * HOUR);
    struct qt__sealed *sealed = open_at(&f, T0 + 3 * HOUR);
    ck_assert(!qt__sealed_enforce(sealed, f.key, T0 + 3 * HOUR, &f.settings, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "valid from"));
    ck_assert(qt__sealed_enforce(sealed, f.key, T0 + 26 * HOUR, &f.settings, &err));
    qt__sealed_close(sealed);
    qt_seal_clear(&seal);
    end(&f);
}
END_TEST

START_TEST(k2_seal_that_is_gone_is_not_begun_anew_at_once)
{
    struct fixture f;
    struct qt_error err = {0};
    char path[96];
    begin(&f);
    struct qt_seal seal = seal_heat(&f, 0.1, T0);
    ck_assert(qt_store_keep_seal(f.store, &seal, &err));
    qt_seal_clear(&seal);
    snprintf(path, sizeof path, "%s/config.seal", f.folder);
    ck_assert_int_eq(unlink(path), 0);
    seal = seal_heat(&f, 0.3, T0 + HOUR);
    ck_assert_int_eq(seal.from_ns, T0 + 25 * HOUR);
    qt_seal_clear(&seal);
    reseal(&f, 0.3, T0 + 2 * HOUR); /* does not shorten that */
    struct qt__sealed *sealed = open_at(&f, T0 + 3 * HOUR);
    ck_assert_int_eq(sealed->seal.from_ns, T0 + 25 * HOUR);
    qt__sealed_close(sealed);
    end(&f);
}
END_TEST

enum { STEPS = 60, WALKS = 5 };

/* What is in force at now was in force before, or was asked for a cool-down ago and never less
 * since. */
static bool
is_earned(const double *asked, const int64_t *at, int n, double heat, int64_t now_ns)
{
    for (int i = n - 1; i >= 0 && asked[i] >= heat; i--)
        if (at[i] <= now_ns - 24 * HOUR)
            return true;
    return false;
}

START_TEST(k2_no_order_of_seals_loosens_without_a_cool_down)
{
    struct fixture f;
    struct qt_rng rng;
    double asked[STEPS], before;
    int64_t at[STEPS], now_ns = T0;
    begin(&f);
    qt_rng_init(&rng, 77 + (uint64_t)_i);
    reseal(&f, 0.1, now_ns);
    before = asked[0] = 0.1;
    at[0] = now_ns;
    for (int i = 1; i < STEPS; i++) {
        now_ns += (int64_t)qt_rng_below(&rng, 20) * HOUR;
        double heat = heat_at(&f, now_ns);
        ck_assert_msg(heat <= before || is_earned(asked, at, i, heat, now_ns),
                      "walk %d, step %d: %g after %g", _i, i, heat, before);
        ck_assert(heat <= asked[i - 1]); /* the tighter of both */
        before = heat;
        asked[i] = 0.05 + 0.05 * (double)qt_rng_below(&rng, 6);
        at[i] = now_ns;
        reseal(&f, asked[i], now_ns);
        heat = heat_at(&f, now_ns);
        ck_assert_double_eq(heat, asked[i] < before ? asked[i] : before);
        before = heat;
    }
    end(&f);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("sealing");
    TCase *tc = tcase_create("sealing");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, loosened_limit_is_held_to_the_nanosecond);
    tcase_add_test(tc, clock_set_back_dates_no_seal_earlier);
    tcase_add_test(tc, clock_set_forward_is_contradicted_by_the_venue);
    tcase_add_test(tc, k2_seal_of_another_machine_or_not_yet_valid_is_refused);
    tcase_add_test(tc, k2_older_seal_put_back_is_refused_and_the_next_one_waits);
    tcase_add_test(tc, k2_seal_that_is_gone_is_not_begun_anew_at_once);
    tcase_add_loop_test(tc, k2_no_order_of_seals_loosens_without_a_cool_down, 0, WALKS);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
